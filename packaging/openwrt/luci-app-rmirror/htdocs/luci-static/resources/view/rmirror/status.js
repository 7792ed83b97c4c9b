// SPDX-License-Identifier: GPL-2.0-only
'use strict';
'require view';
'require fs';
'require uci';
'require poll';
'require dom';
'require rmirror.table as table';

/* null: there is no such file. An empty one has no data for rpcd. */
function read(path) {
	return fs.read(path).catch(error => {
		if (error.name == 'NoDataError')
			return '';
		if (error.name == 'NotFoundError')
			return null;
		throw error;
	});
}

/* rpcd reads no more than 4096 bytes of a file that does not tell its size, as none of /proc does: cgi-io reads all. */
function readTable() {
	return fs.read_direct('/proc/net/rmirror', 'text').catch(error => {
		if (error.name == 'NotFoundError')
			return null;
		throw error;
	});
}

function readAll() {
	return Promise.all([
		readTable(),
		read('/var/run/rmirror/chains'),
		read('/var/run/rmirror/places'),
		read('/var/run/rmirror/error')
	]);
}

function warning(text, detail) {
	return E('div', { 'class': 'alert-message warning' }, [
		E('p', {}, [ text ]),
		detail ? E('pre', {}, [ detail ]) : ''
	]);
}

function renderWarnings(places, error) {
	const off = _('The service is not running. It is started under System, Startup.');
	const missing = uci.sections('rmirror', 'mirror').filter(section =>
		section.enabled == null || [ '1', 'on', 'true', 'yes', 'enabled' ].includes(section.enabled)
	).map(section => section['.name']).filter(name => !table.loaded(places).includes(name));

	return [
		error ? warning(_('The last reload failed.'), error.trim()) : '',
		places == null ? warning(off) : '',
		places != null && missing.length ?
			warning(_('Enabled, but not loaded: %s. The system log says why.').format(missing.join(', '))) : ''
	];
}

function renderLosses(mirror) {
	if (mirror.gone)
		return _('not there (was the ruleset flushed?): "service rmirror reload" brings it back');
	return mirror.losses.map(loss => E('div', { 'title': loss.name }, [
		'%d %s: %s'.format(loss.count, loss.name, loss.reason)
	]));
}

function renderRow(mirror) {
	const cells = [
		[ _('Mirror'), [ E('strong', {}, [ mirror.section || mirror.key ]), mirror.whose ? E('div', {}, [ mirror.whose ]) : '' ] ],
		[ _('Statement'), [ mirror.statement ] ],
		[ _('Packets matched'), [ mirror.gone ? '-' : String(mirror.matched) ] ],
		[ _('Packets mirrored'), [ mirror.gone ? '-' : String(mirror.mirrored) ] ],
		[ _('Bytes'), mirror.gone ? [ '-' ] : [ E('span', { 'title': String(mirror.bytes) }, [ '%1024mB'.format(mirror.bytes) ]) ] ],
		[ _('Not mirrored, or not whole'), renderLosses(mirror) ]
	];

	return E('tr', { 'class': 'tr', 'data-mirror': mirror.key }, cells.map(([ title, content ]) =>
		E('td', { 'class': 'td left', 'data-title': title }, content)));
}

function renderTable(mirrors, loaded) {
	const titles = [ _('Mirror'), _('Statement'), _('Packets matched'), _('Packets mirrored'), _('Bytes'),
		_('Not mirrored, or not whole') ];
	const nothing = loaded ? _('Nothing is mirrored.') :
		_('Nothing is mirrored: the module rmirror_core is not loaded.');

	return E('table', { 'class': 'table', 'id': 'rmirror-mirrors' }, [
		E('tr', { 'class': 'tr table-titles' }, titles.map(title => E('th', { 'class': 'th left' }, [ title ]))),
		...mirrors.map(renderRow),
		mirrors.length ? '' : E('tr', { 'class': 'tr placeholder' }, [
			E('td', { 'class': 'td', 'colspan': titles.length }, [ E('em', {}, [ nothing ]) ])
		])
	]);
}

function renderAll([ text, chains, places, error ]) {
	return [
		E('div', {}, renderWarnings(places, error)),
		renderTable(table.mirrors(text, chains, places), text != null)
	];
}

return view.extend({
	load() {
		return Promise.all([ uci.load('rmirror'), readAll() ]);
	},

	render([ , files ]) {
		const content = E('div', {}, renderAll(files));

		poll.add(() => readAll().then(now => dom.content(content, renderAll(now))));
		return E('div', { 'class': 'cbi-map' }, [
			E('h2', {}, [ _('Traffic mirroring') ]),
			E('div', { 'class': 'cbi-map-descr' }, [
				_('Each mirror since it was loaded. A packet is mirrored when its copy was handed to the device: whether the collector has it is not known.')
			]),
			content
		]);
	},

	handleSaveApply: null,
	handleSave: null,
	handleReset: null
});
