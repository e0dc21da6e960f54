import { Router } from 'express'
import type { HealthService } from './health-service.ts'

/** `GET /health` and `/health/instance`, open to everybody: load balancers and monitors ask here. */
export function healthApi({ health }: { health: HealthService }): Router {
  return Router().get(['/health', '/health/instance'], async (_req, res) => {
    const data = await health.instance()
    res
      .status(data.status_code)
      .json({ data: { services: data.services }, status_code: data.status_code })
  })
}
