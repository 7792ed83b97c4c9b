# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The tests' network, bus and firewalld. Source it. Wants: here, plugin, kernel_double, trees, etc
# (see tests/firewalld/scenario).
# shellcheck disable=SC2154

# In a namespace of this machine there is no module, so that nothing is mirrored: a double of the kernel
# (tests/plugin/double.cpp) keeps the rules, and what concerns packets is left to the guest.
in_guest() { [[ -n ${RMIRROR_VM:-} ]]; }

# The router alone, for rules without packets.
make_router() {
    ip netns add router
    ip -n router link set lo up
}

# A network of sender, router and collector, of which the router has the firewall. mirror0 takes the copies
# out of their GRE packets.
make_network() {
    local ns
    for ns in sender router collector; do
        ip netns add "$ns"
        ip netns exec "$ns" sysctl -qw net.ipv6.conf.{all,default}.disable_ipv6=1
    done
    ip -batch - <<'IP'
link add eth0 netns router type veth peer name eth0 netns sender
link add eth1 netns router type veth peer name eth0 netns collector
IP
    ip -n sender -batch - <<'IP'
link set lo up
addr add 10.1.0.1/24 dev eth0
link set eth0 up
route add default via 10.1.0.2
IP
    ip -n router -batch - <<'IP'
link set lo up
addr add 10.1.0.2/24 dev eth0
addr add 10.0.0.1/24 dev eth1
link set eth0 up
link set eth1 up
IP
    ip -n collector -batch - <<'IP'
addr add 10.0.0.5/24 dev eth0
link set eth0 up
link add mirror0 type gretap local 10.0.0.5 remote 10.0.0.1
link set mirror0 up
route add default via 10.0.0.1
IP
    ip netns exec router sysctl -qw net.ipv4.ip_forward=1
}

# A bus of the test's own, with firewalld's own rules for it.
start_bus() {
    local config=/tmp/bus.conf
    cat >"$config" <<END
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=/tmp/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow send_type="method_call"/><allow send_type="signal"/>
<allow send_requested_reply="true" send_type="method_return"/><allow send_requested_reply="true"
send_type="error"/><allow receive_type="method_call"/><allow receive_type="method_return"/>
<allow receive_type="error"/><allow receive_type="signal"/>
<allow send_destination="org.freedesktop.DBus"/></policy>
<includedir>$trees/stock/usr/share/dbus-1/system.d</includedir></busconfig>
END
    dbus-daemon --config-file="$config" --fork --nopidfile >/tmp/bus.log 2>&1
    export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/tmp/bus
}

# use_tree TREE LIBRARIES DOUBLE: what in_tree is from now on, the words before a command that run it in the
# router, with the Python package of TREE, the libnftables of LIBRARIES and the DOUBLE of the kernel.
use_tree() {
    tree=$1
    in_tree=(env PYTHONDONTWRITEBYTECODE=1 "PYTHONPATH=$trees/$tree/usr/lib/python3/dist-packages"
        "LD_LIBRARY_PATH=$2" ip netns exec router env "LD_PRELOAD=$3" /usr/bin/python3)
}

fw() { "${in_tree[@]}" "$here/patient.py" "$trees/$tree/usr/bin/firewall-cmd" "$@"; }
nft() { LD_LIBRARY_PATH=$plugin LD_PRELOAD=$kernel_double ip netns exec router nft "$@"; }

# start_firewalld TREE LIBRARIES [DOUBLE]: the daemon, with the configuration in $etc; returns when it has
# started. LIBRARIES and DOUBLE (of the kernel) may be empty.
start_firewalld() {
    local _
    use_tree "$1" "$2" "${3-$kernel_double}"
    : >/tmp/firewalld.log
    "${in_tree[@]}" "$trees/$tree/usr/sbin/firewalld" --nofork --nopid --system-config "$etc" \
        --default-config "$trees/$tree/usr/lib/firewalld" --log-file /tmp/firewalld.log \
        >/tmp/firewalld.out 2>&1 </dev/null &
    daemon=$!
    for _ in {1..300}; do
        kill -0 "$daemon" 2>/dev/null || break
        # It answers when it has started; firewall-cmd itself would wait for 25 s only, which a guest may need.
        if dbus-send --system --print-reply --dest=org.freedesktop.DBus / \
            org.freedesktop.DBus.NameHasOwner string:org.fedoraproject.FirewallD1 2>/dev/null |
            grep -q 'boolean true'; then
            dbus-send --system --print-reply --reply-timeout=600000 --dest=org.fedoraproject.FirewallD1 \
                /org/fedoraproject/FirewallD1/config org.freedesktop.DBus.Introspectable.Introspect >/dev/null
            return
        fi
        sleep 0.5
    done
    echo "# firewalld did not start:"
    sed 's/^/# /' /tmp/firewalld.out /tmp/firewalld.log
    return 1
}

stop_firewalld() {
    kill "$daemon"
    wait "$daemon" || true
}

# copies: how many frames the collector has decoded so far
copies() {
    ip -n collector -j -s link show mirror0 | python3 -c 'import json, sys
print(json.load(sys.stdin)[0]["stats64"]["rx"]["packets"])'
}

# pings TARGET: three packets from the sender
pings() { ip netns exec sender ping -q -c 3 -i 0.2 -W 20 "$1" >/dev/null; }

# mirrors N TARGET: three pings to TARGET bring N copies
mirrors() {
    local before after _
    before=$(copies)
    pings "$2" || {
        echo "# $2 does not answer: the original must pass"
        return 1
    }
    for _ in {1..20}; do
        after=$(copies)
        ((after - before < $1)) || break
        sleep 0.2
    done
    # What should not come gets its time to come.
    (($1 > 0)) || sleep 0.5
    after=$(copies)
    ((after - before == $1)) || {
        echo "# $((after - before)) copies instead of $1"
        ip netns exec router cat /proc/net/rmirror 2>/dev/null | sed 's/^/# /'
        return 1
    }
}
