// SPDX-License-Identifier: GPL-2.0-only
'use strict';
/*
 * Asks resources/rmirror/rules.js of luci-app-rmirror about statements, for tests/checks/front-ends: an array of {"to": ..,
 * "encap": .., ..} on stdin, an array of what the page says on stdout: '' if nothing is wrong, 'hidden' if the page does
 * not show the option for this encapsulation.
 */
const fs = require('fs');
const path = require('path');

const SOURCE = path.join(__dirname, '../../../packaging/openwrt/luci-app-rmirror/htdocs/luci-static/resources/rmirror/rules.js');
const FLAGS = [ 'seq', 'platform', 'metadata' ];

/* What LuCI's cbi.js has, as far as the file uses it */
String.prototype.format = function(...values) {
	return this.replace(/%[sd]/g, () => values.shift());
};

const rules = new Function('baseclass', '_', fs.readFileSync(SOURCE, 'utf8'))({ extend: members => members }, text => text);

function ask({ to, encap = 'gre', ...options }) {
	const wrong = rules.checkCollector(to, 'device' in options) || rules.check('encap', encap, {});
	if (wrong)
		return wrong;
	for (const [ word, value ] of Object.entries(options)) {
		const name = word == 'device' ? 'route_device' : word;

		if (!rules.takers(name).includes(encap))
			return 'hidden';
		const said = FLAGS.includes(name) ? null : rules.check(name, value, { encap, collector: to });
		if (said)
			return said;
	}
	return '';
}

const asked = JSON.parse(fs.readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(asked.map(ask)));
