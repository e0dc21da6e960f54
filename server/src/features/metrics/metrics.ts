import { hostname } from 'node:os'
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'

export type Metrics = ReturnType<typeof createMetrics>

/** The metrics under Quay's names (metrics.tsv), with the labels that Quay's samples carry. */
export function createMetrics() {
  const registry = new Registry()
  registry.setDefaultLabels({
    host: hostname(),
    instance: '',
    job: 'quay',
    pid: String(process.pid),
    process_name: 'registry:application',
  })
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    registry,
    requestDuration: new Histogram({
      name: 'quay_request_duration_seconds',
      help: 'seconds spent on an HTTP request',
      labelNames: ['method', 'route', 'status', 'namespace_name'],
      buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60],
      registers,
    }),
    imagePulls: new Counter({
      name: 'quay_registry_image_pulls_total',
      help: 'number of images that have been downloaded from the registry',
      labelNames: ['protocol', 'ref', 'status'],
      registers,
    }),
    imagePushes: new Counter({
      name: 'quay_registry_image_pushes_total',
      help: 'number of images that have been uploaded to the registry',
      labelNames: ['protocol', 'status', 'media_type'],
      registers,
    }),
    pushedBytes: new Counter({
      name: 'quay_registry_image_pushed_bytes_total',
      help: 'number of bytes pushed to the registry',
      registers,
    }),
    authenticationAttempts: new Counter({
      name: 'quay_authentication_attempts_total',
      help: 'number of authentication attempts across the registry and API',
      labelNames: ['auth_kind', 'success'],
      registers,
    }),
  }
}
