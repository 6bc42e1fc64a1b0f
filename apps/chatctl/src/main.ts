import { chatctl } from './chatctl.js';

const surroundings = { env: process.env, out: process.stdout, progress: process.stderr };

process.exitCode = await chatctl(process.argv.slice(2), surroundings, (complaint) => {
  console.error(complaint);
});
