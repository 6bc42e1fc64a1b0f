import { standOn } from './chat-under-test.js';
import { GroundInMemory } from './ground-in-memory.js';

standOn(() => GroundInMemory.open());
await import('./room-chat.e2e.spec.js');
