# SPDX-License-Identifier: GPL-2.0-only
"""Open vSwitch at the collector: a bridge for each copy, whose tunnel port hands all to the bridge's own device."""

import os
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


def start(scene: Scene) -> list[str]:
    """Returns the names of the bridges' devices."""
    receivers = Path(os.environ["RECEIVERS"])
    _RUN.mkdir(exist_ok=True)
    words = {"bin": receivers / "bin", "run": _RUN, "schema": receivers / "root/usr/share/openvswitch"}
    script = _START.format(**words) + f"ovs-vsctl --db=unix:{_RUN}/db.sock --timeout=60 "
    for copy in scene.copies:
        kind, _, options = copy.port.partition(" ")
        script += _BRIDGE.format(number=copy.number, type=kind, options=options,
                                 local=copies.collector(copy.number, scene.outer),
                                 remote=copies.mirror(copy.number, scene.outer))
    script += "\n" + "".join(_FINISH.format(number=copy.number, **words) for copy in scene.copies)
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
