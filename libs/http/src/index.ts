export * from './health.controller.js';
export * from './http-adapter.js';
export * from './http-auth.js';
export * from './http-server.js';
export * from './web-page.js';
