'use strict';

// Asks Zapier's own schema, without a connection, whether the definition is one.
const { validateAppDefinition } = require('zapier-platform-schema');

const { errors } = validateAppDefinition(require('./index.js'));
for (const error of errors) console.error(`${error.property}: ${error.message}`);
console.log(errors.length ? `${errors.length} errors` : 'The definition is valid.');
process.exitCode = errors.length ? 1 : 0;
