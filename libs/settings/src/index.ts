// What a process is told by its environment, which standalone runs here, and how far something is said to be. Without Nest and
// whatever else serves: a command is there at once.
export * from './config.js';
export * from './progress-bar.js';
export * from './rows/settings.js';
export * from './running.js';
