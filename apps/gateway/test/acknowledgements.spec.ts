import { standOn } from './chat-under-test.js';
import { GroundInMemory } from './ground-in-memory.js';

standOn(() => GroundInMemory.open());
await import('./acknowledgements.e2e.spec.js');
