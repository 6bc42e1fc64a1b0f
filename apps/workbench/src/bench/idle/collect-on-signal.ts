// Loaded into a role by `--import`, together with `--expose-gc`: on SIGUSR2 all garbage is collected, so that what is in
// memory then is in use.
process.on('SIGUSR2', () => {
  const collect = gc;
  // What is freed by one round is what the next one finds unused.
  for (let round = 0; round < 3; round++) collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
});
