import { standOn } from './chat-under-test.js';
import { GroundInMemory } from './ground-in-memory.js';

standOn(() => GroundInMemory.open());
await import('./frame-limits.e2e.spec.js');
