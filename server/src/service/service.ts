/** What installs the server as a service; the door for those who look at its units. */
export { quadlet } from './podman-container.ts'
export { placesOf, type Scope, type ServiceMode } from './service-plan.ts'
export { systemdUnit } from './systemd-unit.ts'
