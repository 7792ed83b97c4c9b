# SPDX-License-Identifier: GPL-2.0-only
"""Open vSwitch. At the collector: a bridge for each copy, whose tunnel port hands all to the bridge's own device. At
the router: a bridge that has the LAN, with a mirror for each copy."""

import os
from collections.abc import Callable
from pathlib import Path

import copies
import hosts
import offload
from scenes import Scene

_START = """
export PATH={bin}:$PATH OVS_RUNDIR={run} OVS_DBDIR={run} OVS_SYSCONFDIR={run} OVS_LOGDIR={run} OVS_PKGDATADIR={schema}
ovsdb-tool create {run}/conf.db {schema}/vswitch.ovsschema
ovsdb-server {run}/conf.db --remote=punix:{run}/db.sock --pidfile={run}/ovsdb-server.pid --detach --no-chdir \
    --log-file={run}/ovsdb-server.log >/dev/null 2>&1
ovs-vsctl --db=unix:{run}/db.sock --no-wait init
ovs-vswitchd unix:{run}/db.sock --pidfile={run}/ovs-vswitchd.pid --detach --no-chdir \
    --log-file={run}/ovs-vswitchd.log >/dev/null 2>&1
"""
_BRIDGE = "-- add-br b{number} -- add-port b{number} p{number} -- set interface p{number} type={type} " \
          "options:local_ip={local} options:remote_ip={remote} {options} "
_FINISH = """
ip link set b{number} mtu 9000 addrgenmode none up
ovs-ofctl add-flow unix:{run}/b{number}.mgmt in_port=p{number},actions=LOCAL
"""
_RUN = Path("/run/openvswitch")


_LAN = "-- add-br lanbr -- add-port lanbr lan "
# Without DF, as what does not fit goes in fragments
_MIRROR = "-- add-port lanbr p{number} -- set interface p{number} type={type} options:local_ip={local} " \
          "options:remote_ip={remote} options:df_default=false {options} -- --id=@p{number} get port p{number} " \
          "-- --id=@m{number} create mirror name=m{number} select-all=true output-port=@p{number} " \
          "-- add bridge lanbr mirrors @m{number} "


def _start() -> str:
    """A script: the programs, and the beginning of a command of ovs-vsctl."""
    receivers = Path(os.environ["RECEIVERS"])
    _RUN.mkdir(exist_ok=True)
    (_RUN / "conf.db").unlink(missing_ok=True)
    words = {"bin": receivers / "bin", "run": _RUN, "schema": receivers / "root/usr/share/openvswitch"}
    return _START.format(**words) + f"ovs-vsctl --db=unix:{_RUN}/db.sock --timeout=60 "


def _ports(scene: Scene, pattern: str, near: Callable[[int, int], str], far: Callable[[int, int], str]) -> str:
    """Words for ovs-vsctl: a port for each copy, from the near end to the far one."""
    words = ""
    for copy in scene.copies:
        kind, _, options = copy.port.partition(" ")
        words += pattern.format(number=copy.number, type=kind, options=options,
                                local=near(copy.number, scene.outer), remote=far(copy.number, scene.outer))
    return words


def mirror(scene: Scene) -> None:
    """The router's LAN becomes a port of a bridge, which mirrors all that passes it."""
    hosts.sh(_start() + _LAN + _ports(scene, _MIRROR, copies.mirror, copies.collector) + " >/dev/null", "router")
    hosts.sh(hosts.batch("router", ["addr flush dev lan", "addr add 10.1.0.2/24 dev lanbr",
                                    "addr add fd01::2/64 dev lanbr", "link set lanbr up"]))


def start(scene: Scene) -> list[str]:
    """Returns the names of the bridges' devices."""
    script = _start() + _ports(scene, _BRIDGE, copies.collector, copies.mirror)
    script += "\n" + "".join(_FINISH.format(number=copy.number, run=_RUN) for copy in scene.copies)
    hosts.sh(script, "collector")
    # The kernel's devices below the ports: gre_sys, vxlan_sys_4789 ..
    own = [name for name in hosts.sh("ls /sys/class/net", "collector").split() if "_sys" in name]
    if not own:
        raise RuntimeError("Open vSwitch has made no tunnel device: is its kernel module there?")
    hosts.run_within("collector", lambda: offload.switch(own, scene.gro, ("gro",)))
    return [f"b{copy.number}" for copy in scene.copies]


def stop() -> None:
    """The programs; what they made goes with the namespace."""
    hosts.sh(f"kill $(cat {_RUN}/ovs-vswitchd.pid {_RUN}/ovsdb-server.pid)")
