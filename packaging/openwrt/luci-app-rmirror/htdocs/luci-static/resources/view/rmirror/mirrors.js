// SPDX-License-Identifier: GPL-2.0-only
'use strict';
'require view';
'require form';
'require network';
'require uci';
'require tools.widgets as widgets';
'require rmirror.rules as rules';

const ENCAP_TITLES = {
	gre: 'GRE',
	erspan1: _('ERSPAN type I'),
	erspan: _('ERSPAN type II'),
	erspan3: _('ERSPAN type III'),
	vxlan: 'VXLAN',
	geneve: 'Geneve',
	tzsp: 'TZSP',
	none: _('none')
};

const MTU_TITLES = {
	resegment: _('resegment'),
	fragment: _('fragment'),
	truncate: _('truncate'),
	drop: _('drop')
};

const DIRECTION_TITLES = {
	in: _('in'),
	out: _('out'),
	both: _('both')
};

const FAMILY_TITLES = {
	any: _('any'),
	ipv4: 'IPv4',
	ipv6: 'IPv6'
};

/* What is in the form; before it is rendered, what is in the file */
function current(section, section_id, name, fallback) {
	return section.formvalue(section_id, name) || uci.get('rmirror', section_id, name) || fallback;
}

/* The service takes on, true, yes and enabled for 1. */
function flag(option) {
	option.cfgvalue = function(section_id) {
		const value = uci.get('rmirror', section_id, this.option);

		return value == null ? null : [ '1', 'on', 'true', 'yes', 'enabled' ].includes(value) ? '1' : '0';
	};
	return option;
}

/*
 * An option of the statement: shown for the encapsulations that take it, and checked. LuCI checks all fields again when
 * one changes.
 */
function statementOption(section, tab, type, name, title, description) {
	const option = section.taboption(tab, type, name, title, description);
	const takers = rules.takers(name);

	option.modalonly = true;
	option.optional = true;
	if (takers.length < rules.encaps.length)
		takers.forEach(encap => option.depends('encap', encap));
	if (type != form.Flag)
		option.validate = function(section_id, value) {
			if (value == null || value == '')
				return true;
			return rules.check(name, value, {
				encap: current(this.section, section_id, 'encap', 'gre'),
				collector: current(this.section, section_id, 'collector', '')
			}) || true;
		};
	return option;
}

function choice(option, titles) {
	Object.keys(titles).forEach(word => option.value(word, titles[word]));
	option.default = Object.keys(titles)[0];
}

function addCollector(s) {
	let o = s.taboption('general', form.Value, 'collector', _('Collector'),
		_('Where the copies go: an IPv4 or IPv6 address. Without an encapsulation it is the next hop.'));
	o.rmempty = false;
	o.placeholder = '10.0.0.5';
	o.validate = function(section_id, value) {
		return value == '' || rules.checkCollector(value,
			!!current(this.section, section_id, 'route_device', '')) || true;
	};

	o = s.taboption('general', form.ListValue, 'encap', _('Encapsulation'),
		_('What the copy is wrapped in. None: the same IP packet is sent to another next hop.'));
	choice(o, ENCAP_TITLES);
	o.textvalue = section_id => uci.get('rmirror', section_id, 'encap') || 'gre';

	o = statementOption(s, 'general', form.Value, 'key', _('Key'),
		_('GRE key 0..4294967295, ERSPAN session id 0..1023, VNI of VXLAN and Geneve 0..16777215.'));
	o.placeholder = _('GRE: none; others: 0');

	o = statementOption(s, 'general', form.Value, 'len', _('Length'),
		_('Bytes of each frame to keep: 14..65535, without an encapsulation from 20 on.'));
	o.placeholder = _('all of the frame');
}

function addTraffic(s, devices) {
	let o = s.taboption('traffic', widgets.ZoneSelect, 'zone', _('Zones'),
		_('Zones of the firewall. Without zones, interfaces and devices everything is mirrored.'));
	o.modalonly = true;
	o.multiple = true;
	o.nocreate = true;

	o = s.taboption('traffic', widgets.NetworkSelect, 'interface', _('Interfaces'));
	o.modalonly = true;
	o.multiple = true;
	o.nocreate = true;

	o = s.taboption('traffic', form.DynamicList, 'device', _('Devices'),
		_('Devices of the kernel. tun+ is all whose name begins so, !eth1 is not that one.'));
	o.modalonly = true;
	devices.forEach(device => o.value(device.getName()));
	o.validate = (section_id, value) => value == '' || rules.checkSelector(value) || true;

	o = s.taboption('traffic', form.ListValue, 'direction', _('Direction'),
		_('In: what comes in from there. Out: what leaves to there.'));
	choice(o, DIRECTION_TITLES);
	o.textvalue = section_id => uci.get('rmirror', section_id, 'direction') || 'in';

	o = s.taboption('traffic', form.ListValue, 'family', _('Family'));
	o.modalonly = true;
	choice(o, FAMILY_TITLES);

	o = s.taboption('traffic', form.Value, 'match', _('Match'),
		_('More matches of nft, as they stand before the statement.'));
	o.modalonly = true;
	o.optional = true;
	o.placeholder = 'tcp dport { 80, 443 }';
	o.validate = (section_id, value) => rules.checkMatch(value || '') || true;
}

function addRoute(s) {
	let o = statementOption(s, 'advanced', form.ListValue, 'mtu', _('MTU policy'),
		_('A copy that does not fit the path: resegment splits its TCP payload and else does as fragment, truncate cuts it, drop sends none.'));
	choice(o, MTU_TITLES);

	o = statementOption(s, 'advanced', form.Value, 'ttl', _('TTL'), _('TTL or hop limit of the copy: 1..255.'));
	o.placeholder = '255';

	o = statementOption(s, 'advanced', form.Value, 'dscp', _('DSCP'),
		_('DSCP of the copy: 0..63 or a name such as cs1, af11, ef.'));
	o.placeholder = 'cs0';

	o = statementOption(s, 'advanced', form.Value, 'from', _('Source address'),
		_('Source address of the copy, of the family of the collector.'));
	o.placeholder = _('by the route');

	o = statementOption(s, 'advanced', widgets.DeviceSelect, 'route_device', _('Output device'),
		_('Device or VRF by which the copies leave. Without it, by the route.'));
	o.noaliases = true;

	o = statementOption(s, 'advanced', form.Value, 'mark', _('Mark'),
		_('Mark of the copy, for policy routing: 0..4294967295 or 0x0..0xffffffff.'));
	o.placeholder = '0';

	o = statementOption(s, 'advanced', form.Value, 'port', _('UDP port'),
		_('UDP destination port: 1..65535. Without it %s.').format(
			rules.takers('port').map(encap => '%s: %d'.format(encap, rules.port(encap))).join(', ')));
	o.placeholder = _('of the encapsulation');

	flag(statementOption(s, 'advanced', form.Flag, 'seq', _('Sequence numbers'),
		_('GRE sequence numbers. ERSPAN type II and III always have them.')));
	flag(statementOption(s, 'advanced', form.Flag, 'platform', _('Platform sub-header'),
		_('ERSPAN type III with a platform-specific sub-header and a 64-bit time.')));
	flag(statementOption(s, 'advanced', form.Flag, 'metadata', _('Metadata'),
		_('A Geneve option with time, original length, direction, devices, hook and mark.')));
}

/* The column of what the tab Traffic has */
function whose(section_id) {
	const names = [ 'zone', 'interface', 'device' ].map(kind =>
		L.toArray(uci.get('rmirror', section_id, kind)).map(name => '%s %s'.format(kind, name)));

	return [].concat(...names).join(', ') || _('everything');
}

return view.extend({
	load() {
		return network.getDevices();
	},

	render(devices) {
		const m = new form.Map('rmirror', _('Traffic mirroring'),
			_('Copies of selected packets are sent to a collector. The packets themselves are not changed.'));
		const s = m.section(form.GridSection, 'mirror', _('Mirrors'));

		s.addremove = true;
		s.nodescriptions = true;
		s.addbtntitle = _('Add mirror');
		s.modaltitle = section_id => _('Mirror %s').format(section_id);
		s.tab('general', _('Copies'));
		s.tab('traffic', _('Traffic'));
		s.tab('advanced', _('Advanced'));

		let o = flag(s.taboption('general', form.Flag, 'enabled', _('Enabled')));
		o.default = '1';
		o.editable = true;

		o = s.taboption('traffic', form.DummyValue, '_whose', _('Traffic'));
		o.modalonly = false;
		o.textvalue = whose;

		addCollector(s);
		addTraffic(s, devices);
		addRoute(s);
		return m.render();
	}
});
