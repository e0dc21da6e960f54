/** In a layer that opens: what asks for the focus, else the first field, else the safe button. */
export function focusFirst(layer: HTMLElement | null): void {
  if (layer === null) return
  const order = [
    '[data-autofocus]',
    '[data-layer-body] :is(input:not([type="hidden"]), select, textarea):not(:disabled, [tabindex="-1"])',
    '[data-safe]',
    '[data-layer-body] :is(a[href], button:not(:disabled))',
  ]
  const target = order.map((one) => layer.querySelector<HTMLElement>(one)).find(Boolean) ?? layer
  target.focus()
}
