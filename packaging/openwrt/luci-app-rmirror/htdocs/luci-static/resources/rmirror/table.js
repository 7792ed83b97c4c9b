// SPDX-License-Identifier: GPL-2.0-only
'use strict';
'require baseclass';

/*
 * /proc/net/rmirror and the files of the service in /var/run/rmirror, read.
 */

/* Why copies were not sent, or not whole: the texts of `rmirror show` on the router */
const REASONS = {
	'truncated': _('cut to fit the path'),
	'too-big': _('too long for the path'),
	'no-route': _('no way to the collector'),
	'no-neighbour': _('the next hop does not answer'),
	'no-memory': _('no memory for the copy'),
	'tx-drop': _('the device or its queue was full'),
	'loop': _('copies themselves'),
	'local': _('the collector is this host'),
	'nested': _('perhaps copies of copies, only their headers are sent'),
	'clear': _('in clear before encryption'),
	'refused': _('ICMP errors: the collector or the way to it refuses copies')
};

/* The outcomes that are a copy on the wire */
const MIRRORED = [ 'sent', 'resegmented', 'fragmented', 'truncated', 'nested' ];

function lines(text) {
	return (text || '').split('\n').filter(line => line != '');
}

/* The section of a chain of the service, mirror-SECTION-NUMBER; null: it is none */
function sectionOf(row) {
	const name = /^mirror-(.+)-[0-9]+$/.exec(row.chain);

	return row.table == 'rmirror' && name ? name[1] : null;
}

function statementOf(row) {
	return [ 'rmirror to', row.collector ].concat(row.encap != 'gre' ? [ 'encap', row.encap ] : [],
		row.key != '-' ? [ 'key', row.key ] : []).join(' ');
}

return baseclass.extend({
	reasons: REASONS,

	/**
	 * @param {string} text - /proc/net/rmirror: a heading, and a line for each rule. Family, table and chain come first;
	 * columns are found by their name.
	 * @param {?string} chains - what the service has loaded: lines "FAMILY TABLE CHAIN STATEMENT"
	 * @param {?string} places - whose traffic: lines "SECTION TAB WHOSE"
	 * @returns {Object[]} mirrors, those of the service first; `gone`: it is not in the table any more
	 */
	mirrors(text, chains, places) {
		const [ heading, ...rest ] = lines(text);
		const names = (heading || '').trim().split(/\s+/);
		const statements = {}, whose = {}, seen = {};

		lines(chains).forEach(line => {
			const words = line.split(' ');
			statements[words.slice(0, 3).join(' ')] = words.slice(3).join(' ');
		});
		lines(places).forEach(line => {
			const tab = line.indexOf('\t');
			whose[line.slice(0, tab)] = line.slice(tab + 1);
		});

		const rows = rest.map(line => {
			const row = {};
			line.trim().split(/\s+/).forEach((word, i) => { row[names[i]] = word });

			const key = [ row.family, row.table, row.chain ].join(' ');
			const section = sectionOf(row);
			seen[key] = true;
			return {
				key, section,
				whose: whose[section] || '',
				statement: statements[key] || statementOf(row),
				matched: Number(row.matched),
				mirrored: MIRRORED.reduce((sum, name) => sum + Number(row[name] || 0), 0),
				bytes: Number(row.bytes),
				losses: Object.keys(REASONS).filter(name => Number(row[name]) > 0)
					.map(name => ({ name, count: Number(row[name]), reason: REASONS[name] }))
			};
		});
		const gone = Object.keys(statements).filter(key => !seen[key]).map(key => {
			const section = sectionOf({ table: key.split(' ')[1], chain: key.split(' ')[2] });
			return { key, section, whose: whose[section] || '', statement: statements[key], losses: [], gone: true };
		});

		return rows.concat(gone).sort((a, b) => (a.section == null) - (b.section == null));
	},

	/** @returns {string[]} the sections of the service that are loaded */
	loaded(places) {
		return lines(places).map(line => line.split('\t')[0]);
	}
});
