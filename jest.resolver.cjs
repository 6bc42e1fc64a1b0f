const { join } = require('node:path');

const LIBRARY = /^#(domain|event-store|projections|read-models|protocol|platform|settings|http|operations|tracing)$/;

/** Our libraries are run as they stand in their sources. What a package calls `#platform` is its own. */
module.exports = (request, options) => {
  const library = options.basedir.includes('node_modules') ? null : LIBRARY.exec(request);
  const source = library && join(options.rootDir, 'libs', library[1], 'src', 'index.ts');
  return source ?? options.defaultResolver(request, options);
};
