# SPDX-License-Identifier: GPL-2.0-only
:input;type filter hook input priority 0

*inet;test-inet;input

rmirror to 10.0.0.5;ok
rmirror to 2001:db8::5;ok
rmirror ip to 10.0.0.5;ok;rmirror to 10.0.0.5
rmirror to 10.0.0.5 len 60;ok
rmirror to 10.0.0.5 key 0;ok
rmirror to 10.0.0.5 encap gre mtu resegment ttl 255 dscp 0 mark 0;ok;rmirror to 10.0.0.5
rmirror to 10.0.0.5 encap erspan1;ok
rmirror to 10.0.0.5 seq encap erspan key 1023;ok;rmirror to 10.0.0.5 encap erspan key 1023
rmirror to 10.0.0.5 platform encap erspan3;ok;rmirror to 10.0.0.5 encap erspan3 platform
rmirror to 10.0.0.5 encap vxlan key 16777215 port 4790;ok
rmirror to 10.0.0.5 encap geneve port 6081;ok;rmirror to 10.0.0.5 encap geneve
rmirror to 10.0.0.5 encap tzsp;ok
rmirror to 10.0.0.5 encap none len 20;ok
rmirror to 10.0.0.5 mtu drop ttl 1 dscp 46 mark 0x10 seq;ok;rmirror to 10.0.0.5 mtu drop ttl 1 dscp ef mark 0x00000010 seq
rmirror to 2001:db8::5 from 2001:db8::1 device "eth0";ok
rmirror to 224.0.0.5 device "eth0";ok

rmirror to ip saddr map { 10.1.0.1 : 10.0.0.5 };ok;rmirror ip to ip saddr map { 10.1.0.1 : 10.0.0.5 }
rmirror to ip saddr . tcp dport map { 10.1.0.1 . 80 : 10.0.0.5 } len 60;ok;rmirror ip to ip saddr . tcp dport map { 10.1.0.1 . 80 : 10.0.0.5 } len 60
rmirror to symhash mod 2 map { 0 : 10.0.0.5, 1 : 10.0.0.6 };ok;rmirror ip to symhash mod 2 map { 0 : 10.0.0.5, 1 : 10.0.0.6 }
rmirror to numgen inc mod 2 map { 0 : 2001:db8::5, 1 : 2001:db8::6 };ok;rmirror ip6 to numgen inc mod 2 map { 0 : 2001:db8::5, 1 : 2001:db8::6 }
rmirror ip6 to ip6 daddr;ok

rmirror to 10.0.0.5 key iif len 60;ok
rmirror to 10.0.0.5 key tcp dport;ok
rmirror to ip saddr key ip dscp;ok;rmirror ip to ip saddr key ip dscp

rmirror to 10.0.0.5 len 13;fail
rmirror to 10.0.0.5 len 65536;fail
rmirror to 10.0.0.5 encap none len 19;fail
rmirror to 10.0.0.5 encap erspan key 1024;fail
rmirror to 10.0.0.5 encap tzsp key 1;fail
rmirror to 10.0.0.5 encap vxlan seq;fail
rmirror to 10.0.0.5 encap ipip;fail
rmirror to 10.0.0.5 from 2001:db8::1;fail
rmirror to 10.0.0.5 len 60 len 60;fail
rmirror to 10.0.0.5 lenn 60;fail
rmirror to 0.0.0.0;fail
rmirror to 224.0.0.5;fail
rmirror to fe80::5;fail
rmirror to 10.0.0.0/24;fail
rmirror to 10.0.0.1-10.0.0.9;fail
rmirror to ip saddr map { 10.1.0.1 : 10.0.0.0/24 };fail
rmirror ip6 to 10.0.0.5;fail
rmirror to meta mark;fail
rmirror to 10.0.0.5 key iifname;fail
rmirror to 10.0.0.5 encap tzsp key iif;fail
