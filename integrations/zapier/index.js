'use strict';

// Written by tools/make_zapier.py from the API's own description.
module.exports = require('./definition.json');
