import { memoryReadModels } from '../src/index.js';
import { describeReadModels } from './conformance.js';
import { heldReadModels } from './held-read-models.js';

describeReadModels('in memory', () => Promise.resolve(memoryReadModels()));
describeReadModels('held by a test', () => Promise.resolve(heldReadModels()));
