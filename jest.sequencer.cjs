const { default: Sequencer } = require('@jest/test-sequencer');

const isSimulation = ({ path }) => path.endsWith('.sim.spec.ts');

/** The simulations, which take minutes each, first: the last one that is begun is waited for by all cores but one. */
module.exports = class extends Sequencer {
  sort(suites) {
    const sorted = super.sort(suites);
    return [...sorted.filter(isSimulation), ...sorted.filter((suite) => !isSimulation(suite))];
  }
};
