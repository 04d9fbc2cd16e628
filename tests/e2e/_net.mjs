// SPDX-License-Identifier: GPL-3.0-or-later
//
// A network of the test's own, which can be cut without a word: packets to and from a port vanish.
//
//   inOwnNetwork(import.meta.url);    // first of all: runs the test again, in a network of its own
//   const line = network(port);
//   line.cut();  …  line.mend();

import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SKIPPED = 77;

/** Goes on in a network namespace with nothing but loopback; a machine that forbids it skips the test. */
export function inOwnNetwork(url) {
    if (process.env.LCT_OWN_NET) {
        // A browser believes in a network only when there is more than loopback.
        execFileSync('sh', ['-ec', `ip link set lo up; ip link add school type veth peer name street
            ip link set street up; ip link set school up
            ip address add 192.0.2.1/24 dev school; ip route add default via 192.0.2.2`]);
        return;
    }
    const own = process.getuid() === 0 ? ['-n'] : ['-rn'];
    if (spawnSync('unshare', [...own, 'true']).status !== 0) {
        console.log('this machine gives no network of its own');
        process.exit(SKIPPED);
    }
    const run = spawnSync('unshare', [...own, process.execPath, fileURLToPath(url)],
        { stdio: 'inherit', env: { ...process.env, LCT_OWN_NET: '1' } });
    process.exit(run.status ?? 1);
}

/** What can be done to the way to a port of this machine, TCP and UDP. */
export function network(port) {
    const nft = (text) => execFileSync('nft', [text]);
    const table = `inet cut${port}`;
    return {
        cut: () => nft(`add table ${table}; add chain ${table} in { type filter hook input priority 0; };
            add rule ${table} in tcp dport ${port} drop; add rule ${table} in tcp sport ${port} drop;
            add rule ${table} in udp dport ${port} drop; add rule ${table} in udp sport ${port} drop`),
        mend: () => nft(`delete table ${table}`),
    };
}
