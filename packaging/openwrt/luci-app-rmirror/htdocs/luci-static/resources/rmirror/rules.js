// SPDX-License-Identifier: GPL-2.0-only
'use strict';
'require baseclass';

/*
 * What an option of /etc/config/rmirror may be, and the messages about it: those of libnftnl-ext/rules, once more
 * for the browser. tests/checks/front-ends compares the two.
 */

/* The encapsulations: highest key, 0 if it has none; default UDP port, 0 if it is not over UDP */
const ENCAPS = {
	gre: { key: 0xffffffff, port: 0 },
	erspan1: { key: 0, port: 0 },
	erspan: { key: 1023, port: 0 },
	erspan3: { key: 1023, port: 0 },
	vxlan: { key: 0xffffff, port: 4789 },
	geneve: { key: 0xffffff, port: 6081 },
	tzsp: { key: 0, port: 37008 },
	none: { key: 0, port: 0 }
};

const MTUS = [ 'resegment', 'fragment', 'truncate', 'drop' ];

/* The code points that nft has names for */
const DSCPS = [
	'cs0', 'cs1', 'cs2', 'cs3', 'cs4', 'cs5', 'cs6', 'cs7', 'df', 'be', 'lephb', 'af11', 'af12', 'af13', 'af21',
	'af22', 'af23', 'af31', 'af32', 'af33', 'af41', 'af42', 'af43', 'va', 'ef'
];

const OUTER = [ 'gre', 'erspan1', 'erspan', 'erspan3', 'vxlan', 'geneve', 'tzsp' ];
const ALL = OUTER.concat('none');

/* The statement's options, by the names that /etc/config/rmirror has for them, and the encapsulations that take them */
const OPTIONS = {
	encap: { encaps: ALL },
	key: { min: 0, max: 0xffffffff, encaps: ALL.filter(encap => ENCAPS[encap].key) },
	len: { min: 14, max: 65535, encaps: ALL },
	mtu: { encaps: ALL },
	ttl: { min: 1, max: 255, encaps: OUTER },
	dscp: { min: 0, max: 63, encaps: OUTER },
	from: { encaps: OUTER },
	route_device: { encaps: ALL },
	mark: { min: 0, max: 0xffffffff, encaps: ALL },
	port: { min: 1, max: 65535, encaps: ALL.filter(encap => ENCAPS[encap].port) },
	seq: { encaps: [ 'gre', 'erspan', 'erspan3' ] },
	platform: { encaps: [ 'erspan3' ] },
	metadata: { encaps: [ 'geneve' ] }
};

/* `encap none` keeps an L3 packet: its shortest cut is an IPv4 header */
const LEN_MIN_NONE = 20;

/* LuCI's jsmin takes a slash for the beginning of a pattern only after an operator. */
const NUMBER = /^(0|[1-9][0-9]*|0x[0-9a-f]+)$/i;
const IPV4 = /^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\.(?!$)|$)){4}$/;
const IPV6 = /^[0-9a-f:.]+$/i;
const MULTICAST = /^(22[4-9]\.|23[0-9]\.|ff..:)/;
const LINK_LOCAL = /^fe[89ab].:/;
/* ruleset.sh: rmirror_word(), and rmirror_clean(), the characters that matches of nft are made of */
const NO_WORD = /[^A-Za-z0-9.:@_-]/;
const MATCH = /^[A-Za-z0-9 .:,@\/_{}"=<>!+*-]*$/;
/* zones.sh: rmirror_add_device() */
const SELECTOR = /^!?([*+]|[A-Za-z0-9._-]+[*+]?)$/;

/* How much of a word a message shows */
const SHOWN_MAX = 64;

function quoted(word) {
	return "'%s'".format(word.length > SHOWN_MAX ? word.slice(0, SHOWN_MAX) + '...' : word);
}

function invalid(name, word, why) {
	return _('invalid %s %s, %s').format(name, quoted(word), why);
}

/* Decimal or 0x.., neither a sign nor an octal number; null: it is none */
function number(word) {
	const value = NUMBER.test(word) ? Number(word) : NaN;

	return value <= 0xffffffff ? value : null;
}

/* 4 or 6, and the address as browsers write it: without what may be left out; null: it is none */
function address(word) {
	if (IPV4.test(word))
		return { family: 4, text: word };
	try {
		return IPV6.test(word) ?
			{ family: 6, text: new URL('http://[%s]/'.format(word)).hostname.slice(1, -1) } : null;
	}
	catch (e) {
		return null;
	}
}

/* unspecified, broadcast, multicast, link-local or unicast */
function addressKind(addr) {
	const text = addr.text;

	if (text == '0.0.0.0' || text == '::')
		return 'unspecified';
	if (text == '255.255.255.255')
		return 'broadcast';
	return LINK_LOCAL.test(text) ? 'link-local' : MULTICAST.test(text) ? 'multicast' : 'unicast';
}

function range(name, encap) {
	const option = OPTIONS[name];

	return {
		min: name == 'len' && encap == 'none' ? LEN_MIN_NONE : option.min,
		max: name == 'key' ? ENCAPS[encap].key : option.max
	};
}

function rangeText(name, encap) {
	const { min, max } = range(name, encap);
	const special = min != OPTIONS[name].min || max != OPTIONS[name].max;

	return (special ? _('%d..%d with encap %s') : '%d..%d').format(min, max, encap);
}

function checkNumber(name, value, encap) {
	const { min, max } = range(name, encap);
	const n = number(value);

	if (name == 'dscp' && DSCPS.includes(value))
		return null;
	if (n != null && n >= min && n <= max)
		return null;
	return invalid(name, value, (name == 'dscp' ? _('expected %s or a name such as cs1, af11, ef') :
		_('expected %s')).format(rangeText(name, encap)));
}

function checkFrom(value, collector) {
	const to = address(collector);
	const from = address(value);

	if (!from || (to && from.family != to.family))
		return invalid('from', value, _('expected an %s address, as the collector').format(
			to && to.family == 6 ? 'IPv6' : 'IPv4'));
	if (![ 'unicast', 'link-local' ].includes(addressKind(from)))
		return invalid('from', value, _('expected a unicast address'));
	return null;
}

function checkDevice(value) {
	return value.length > 15 || value == '.' || value == '..' || value.includes(':') ?
		invalid('device', value, _("expected a name of 1..15 bytes without white space, '/', ':' and '\"'")) : null;
}

return baseclass.extend({
	encaps: ALL,
	mtus: MTUS,
	dscps: DSCPS,

	/** The names of the options that not every encapsulation takes */
	options: Object.keys(OPTIONS),

	/** @returns {string[]} the encapsulations that take an option */
	takers(name) {
		return OPTIONS[name].encaps;
	},

	/** @returns {number} the default UDP port; 0: it is not over UDP */
	port(encap) {
		return ENCAPS[encap].port;
	},

	/** @returns {string} what a number may be: "14..65535" */
	range: rangeText,

	/**
	 * @param {string} value - the collector
	 * @param {boolean} hasDevice - is there a route_device?
	 * @returns {?string} what is wrong with it
	 */
	checkCollector(value, hasDevice) {
		const addr = address(value);

		if (!addr)
			return invalid('collector', value, _('expected an IPv4 or IPv6 address'));
		switch (addressKind(addr)) {
		case 'unspecified':
			return invalid('collector', value, _("the unspecified address is nobody's"));
		case 'broadcast':
			return invalid('collector', value, _('a copy is not broadcast'));
		case 'multicast':
			return hasDevice ? null : invalid('collector', value, _("a multicast address needs 'device'"));
		case 'link-local':
			return hasDevice ? null : invalid('collector', value, _("a link-local address needs 'device'"));
		}
		return null;
	},

	/**
	 * @param {string} name - an option of the statement, not a flag
	 * @param {string} value - not empty
	 * @param {{encap: string, collector: string}} mirror - the rest
	 * @returns {?string} what is wrong with it
	 */
	check(name, value, mirror) {
		/* The service takes no other value, whatever the statement does. */
		if (NO_WORD.test(value))
			return _("option %s '%s' is no number, address or name").format(name, value);
		switch (name) {
		case 'encap':
			return ALL.includes(value) ? null :
				invalid(name, value, _('expected one of %s').format(ALL.join(', ')));
		case 'mtu':
			return MTUS.includes(value) ? null :
				invalid(name, value, _('expected one of %s').format(MTUS.join(', ')));
		case 'from':
			return checkFrom(value, mirror.collector);
		case 'route_device':
			return checkDevice(value);
		default:
			return checkNumber(name, value, mirror.encap);
		}
	},

	/**
	 * A device of `list device`: tun+ is all whose name begins so, !eth1 is not that one.
	 * @returns {?string} what is wrong with it
	 */
	checkSelector(value) {
		return SELECTOR.test(value) ? null : _("'%s' is no name of a device").format(value);
	},

	/**
	 * @param {string} value - what stands before the statement
	 * @returns {?string} what is wrong with it
	 */
	checkMatch(value) {
		return MATCH.test(value) ? null :
			_('option match has a character that cannot be part of one');
	}
});
