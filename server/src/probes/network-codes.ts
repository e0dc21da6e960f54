/** Of ports, names, other machines and what lies between. */
export const networkCodes = {
  'MOOR-NET-001': {
    text: 'Port {port} on {host} is taken by {program}',
    next: 'stop that program, or choose another port',
  },
  'MOOR-NET-002': {
    text: 'This user may not open port {port}',
    next: 'choose a port above 1023, or allow it: sysctl net.ipv4.ip_unprivileged_port_start={port}',
  },
  'MOOR-NET-003': {
    text: 'This host does not have the address {host}',
    next: 'choose an address of this host, or all addresses',
  },
  'MOOR-NET-004': {
    text: 'Port {port} on {host} cannot be opened: {reason}',
    next: 'choose another port or address',
  },
  'MOOR-NET-005': {
    text: '{host} does not lead back to this server: {reason}',
    next: 'look at the firewall and the routes of this host for that address',
  },
  'MOOR-NET-006': {
    text: 'This host has no address but its own loopback',
    next: 'connect it to the network; only programs on this machine will reach the registry',
  },
  'MOOR-NET-007': {
    text: '{address} is not an address of this host any more',
    next: 'remove it, or give it back to an interface',
  },
  'MOOR-NET-010': {
    text: '{firewall} keeps port {port} closed',
    next: 'run: {command}',
  },
  'MOOR-NET-011': {
    text: '{firewall} may keep port {port} closed',
    next: 'look at its rules, and where the port is not allowed run: {command}',
  },
  'MOOR-NET-012': {
    text: 'The proxy {proxy} cannot be reached: {reason}',
    next: 'correct its address, or choose a direct connection',
  },
  'MOOR-NET-013': {
    text: 'The proxy {proxy} refuses to connect to {target}: {reason}',
    next: 'allow the target in the proxy, or enter it among the names without proxy',
  },
  'MOOR-NET-020': {
    text: 'The name {host} cannot be looked up: {reason}',
    next: 'correct the name, or the name servers in /etc/resolv.conf',
  },
  'MOOR-NET-021': {
    text: '{host} cannot be reached on port {port}: {reason}',
    next: 'look at firewall, routes and proxy between this host and the upstream',
  },
  'MOOR-NET-022': {
    text: '{host} shows a certificate that nobody here trusts ({reason}); its issuer is {issuer}',
    next: 'compare the fingerprint {fingerprint} with the owner, then trust that authority for this upstream',
  },
  'MOOR-NET-023': {
    text: 'TLS with {host} failed: {reason}',
    next: 'check that this port speaks TLS, and that its certificate carries this name',
  },
  'MOOR-NET-024': {
    text: '{host} does not behave like a registry: {reason}',
    next: 'give the address of the registry itself, without a path',
  },
  'MOOR-NET-025': {
    text: '{host} does not accept the account {account}',
    next: 'enter the account and its password or token again',
  },
  'MOOR-NET-026': {
    text: '{host} wants an account',
    next: 'enter an account with its password or token',
  },
  'MOOR-NET-027': {
    text: '{host} gives out no token: {reason}',
    next: 'look whether {realm} can be reached from here',
  },
  'MOOR-NET-028': {
    text: '{host} has no image {image} for this account',
    next: 'correct the repository and the tag, or the rights of the account',
  },
  'MOOR-NET-029': {
    text: '{host} allows {remaining} more downloads of {limit}',
    next: 'enter an account, or wait until the limit starts anew',
  },
  'MOOR-NET-030': {
    text: 'The connection to {host} is not encrypted or not verified',
    next: 'use https:// with verification, unless the network between is trusted',
  },
  'MOOR-NET-031': {
    text: 'This site is set to have no connection to the outside, so {host} will not be reached',
    next: 'choose a direct connection or a proxy in the network step',
  },
  'MOOR-NET-040': {
    text: 'Clair does not answer at {url}: {reason}',
    next: 'check the address, and that Clair runs there',
  },
  'MOOR-NET-041': {
    text: 'Clair does not accept the pre-shared key',
    next: 'enter the key under auth.psk.key of the configuration of Clair, and "quay" among its issuers',
  },
  'MOOR-NET-042': {
    text: 'The pre-shared key is not base64',
    next: 'copy auth.psk.key of the configuration of Clair as it stands there',
  },
  'MOOR-NET-043': {
    text: 'What answers at {url} is not Clair: {reason}',
    next: 'give the address of the HTTP API of Clair, such as http://clair:8081',
  },
  'MOOR-NET-044': {
    text: 'Clair has no vulnerability data younger than {days} days',
    next: 'bring it newer data: a bundle, or access to the internet for Clair',
  },
  'MOOR-NET-045': {
    text: 'Clair has no vulnerability data yet',
    next: 'wait until it has loaded them, or import a bundle',
  },
  'MOOR-NET-050': {
    text: 'Nothing answers at {url}: {reason}',
    next: 'start the server (mooring service status says whether it runs), or look at its log',
  },
  'MOOR-NET-051': {
    text: 'The server at {url} says that something it needs does not work: {parts}',
    next: 'look at the other lines here and at the log of the server',
  },

  'MOOR-NAME-001': {
    text: 'Nobody knows the name {name}',
    next: 'enter it in the DNS of the site, or in /etc/hosts of every client',
  },
  'MOOR-NAME-002': {
    text: '{name} leads to {addresses}, and none of these is this host',
    next: 'correct the DNS entry, unless a load balancer or port forward stands there',
  },
  'MOOR-NAME-003': {
    text: '{name} means every machine itself',
    next: 'use a name that other machines know, if they are to reach the registry',
  },
  'MOOR-NAME-004': {
    text: '{name} ends in .local, which many machines look up by multicast only',
    next: 'use a name in a domain of the site, such as registry.example.lan',
  },
  'MOOR-NAME-005': {
    text: '{name} has one part only, which container tools may take for an image at Docker Hub',
    next: 'use a name with a domain, or always write the port behind it',
  },
  'MOOR-NAME-006': {
    text: '{name} is an address: every image name will carry it',
    next: 'use a host name, which can move to another address',
  },
  'MOOR-NAME-007': {
    text: 'Many clients do not accept an IPv6 address such as {name} in image names',
    next: 'use a host name',
  },
  'MOOR-NAME-008': {
    text: 'The address {address} is called {found}, not {name}',
    next: 'correct the reverse entry in the DNS, if anything here depends on it',
  },
  'MOOR-NAME-009': {
    text: '{name} also leads to {addresses}, which is not this host',
    next: 'remove the entry, or clients will sometimes reach another machine',
  },

  'MOOR-TLS-200': {
    text: 'A handshake through {host} failed: {reason}',
    next: 'make the certificate anew with all names and addresses',
  },
  'MOOR-TLS-201': {
    text: 'The certificate cannot be made: {reason}',
    next: 'correct the values of the certificate',
  },
  'MOOR-TLS-202': {
    text: 'There is no certificate in {path}',
    next: 'make one: mooring cert renew, or put ssl.cert and ssl.key there',
  },
  'MOOR-TLS-203': {
    text: '{file} is no certificate of an authority: {reason}',
    next: 'replace it by a certificate in PEM, or remove it',
  },
  'MOOR-TLS-204': {
    text: 'The server at {host} still shows an older certificate than the one in {path}',
    next: 'restart the server: systemctl restart mooring',
  },
} as const
