/**
 * The page until the interface brings its own: it takes the code and says where the setup stands.
 * Self-contained, because nothing else is served yet.
 */
export const pageCsp =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export const pageHtml = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mooring setup</title>
<link rel="stylesheet" href="/setup/page.css">
<main>
<h1>Mooring setup</h1>
<p>This host becomes a container registry here. The browser warned of the certificate because it is
a temporary one: its fingerprint stands next to the setup code.</p>
<form id="enter">
<label for="code">Setup code</label>
<input id="code" autocomplete="off" spellcheck="false" placeholder="ABCD-EFGH-JKMN-PQRS">
<button>Continue</button>
</form>
<p id="said" role="status"></p>
<ol id="steps"></ol>
</main>
<script src="/setup/page.js"></script>
</html>
`

export const pageStyle = `body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; color-scheme: light dark }
main { max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
label, input, button { display: block; font: inherit; margin: .25rem 0 }
input { width: 100%; padding: .5rem; box-sizing: border-box }
button { padding: .5rem 1rem }
`

export const pageScript = `'use strict'
const base = '/api/v1/mooring/setup'
const byId = (id) => document.getElementById(id)
const say = (text) => { byId('said').textContent = text }
const json = { 'Content-Type': 'application/json' }
let takeOver = false

async function show() {
  const answer = await fetch(base)
  byId('enter').hidden = answer.ok
  if (!answer.ok) return
  const state = await answer.json()
  const tasks = (await (await fetch(base + '/apply')).json())
  byId('steps').replaceChildren(...state.steps.map(({ id, state }) => {
    const item = document.createElement('li')
    item.textContent = id + ': ' + state
    return item
  }))
  if (state.phase === 'open') say('Next: ' + state.current)
  else if (state.phase === 'finished') say('Ready at ' + tasks.address)
  else {
    const task = tasks.tasks.find(({ state }) => state === 'running' || state === 'failed')
    say(state.phase + (task ? ': ' + task.id + ' ' + (task.finding ? task.finding.text : '') : ''))
  }
  setTimeout(() => show().catch(() => say('No answer; it moves to ' + tasks.address)), 2000)
}

byId('enter').addEventListener('submit', async (event) => {
  event.preventDefault()
  const body = JSON.stringify({ code: byId('code').value, takeOver })
  const answer = await fetch(base + '/session', { method: 'POST', headers: json, body })
  if (answer.ok) { say(''); await show(); return }
  const { code, text, next } = await answer.json()
  takeOver = code === 'MOOR-SET-004'
  say(text + ': ' + next + ' (' + code + ')')
})
show()
`
