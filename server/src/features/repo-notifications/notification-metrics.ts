import { Counter, Gauge, type Registry } from 'prom-client'

const queue_name = 'notification'

/** The queue of notifications, under the names that Quay has for queues (metrics.tsv). */
export function createNotificationMetrics(
  registry: Registry,
  { waiting, sending }: { waiting: () => Promise<number>; sending: () => number },
) {
  const registers = [registry]
  const puts = new Counter({
    name: 'quay_queue_item_puts_total',
    help: 'number of items that have been added to a queue',
    labelNames: ['queue_name'],
    registers,
  })
  const gets = new Counter({
    name: 'quay_queue_item_gets_total',
    help: 'number of times that an item of a queue was asked for',
    labelNames: ['queue_name', 'availability'],
    registers,
  })
  const gauge = (name: string, help: string, read: () => Promise<number>) =>
    new Gauge({
      ...{ name, help, labelNames: ['queue_name'], registers },
      async collect() {
        this.set({ queue_name }, await read())
      },
    })
  const locked = () => Promise.resolve(sending())
  gauge('quay_queue_items_locked', 'items of a queue that are being worked on', locked)
  gauge(
    'quay_queue_items_available',
    'items of a queue that are due, those included that are being worked on',
    async () => (await waiting()) + sending(),
  )
  gauge('quay_queue_items_available_unlocked', 'items of a queue that wait', waiting)

  return {
    queued(amount: number): void {
      puts.inc({ queue_name }, amount)
    },
    asked(isOurs: boolean): void {
      gets.inc({ queue_name, availability: isOurs ? 'acquired' : 'claimed' })
    },
  }
}
