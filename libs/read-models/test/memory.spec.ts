import { memoryReadModels } from '../src/index.js';
import { describeReadModels } from './conformance.js';

describeReadModels('in memory', () => Promise.resolve(memoryReadModels()));
