import { createHash } from 'node:crypto'

import type { ScopeDescription } from '../../contract/oauth-scopes.ts'
import { parseRedirectUri } from './redirect-uri.ts'

/** A page with the headers that keep it what it is: no scripts, no frames, nothing from elsewhere. */
export interface Page {
  readonly html: string
  readonly headers: Readonly<Record<string, string>>
}

const style = `
:root { color-scheme: light dark; --line: #8886; --accent: #0b63c5; --warn: #b3480f }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto 2rem; padding: 0 1rem }
h1 { font-size: 1.4rem; line-height: 1.25 }
ul { list-style: none; padding: 0 }
li { padding: .6rem 0; border-top: 1px solid var(--line) }
.warn { color: var(--warn) }
.quiet { opacity: .75 }
code { display: block; padding: .75rem; border: 1px solid var(--line); overflow-wrap: anywhere; user-select: all }
form { display: flex; gap: .75rem; margin-top: 1.5rem }
button { font: inherit; padding: .5rem 1.25rem; border: 1px solid var(--line); background: none; color: inherit; cursor: pointer }
button.main { background: var(--accent); border-color: var(--accent); color: #fff }
`
const styleHash = createHash('sha256').update(style).digest('base64')

const characters: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => characters[character] ?? '')
}

function page(title: string, body: string, formTargets = "'none'"): Page {
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${styleHash}'`,
    `form-action ${formTargets}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ]
  return {
    html: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy.join('; '),
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'no-referrer',
    },
  }
}

export function messagePage(title: string, message: string): Page {
  return page(title, `<h1>${escapeHtml(title)}</h1>\n<p>${escapeHtml(message)}</p>`)
}

export function tokenPage(title: string, token: string): Page {
  return page(
    title,
    `<h1>Access token</h1>
<p>Keep it like a password. It is shown this once.</p>
<code>${escapeHtml(token)}</code>`,
  )
}

export interface Consent {
  readonly title: string
  readonly username: string
  readonly application: string
  readonly description: string
  readonly organization: string
  readonly scopes: readonly ScopeDescription[]
  /** Sent back as they are. */
  readonly fields: Readonly<Record<string, string>>
  readonly redirectUri: string
}

export function consentPage(consent: Consent): Page {
  const { title, username, application, description, organization, scopes, fields } = consent
  const inputs = Object.entries(fields).map(
    ([name, value]) =>
      `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  )
  const items = scopes.map(
    (scope) =>
      `<li><strong${scope.dangerous ? ' class="warn"' : ''}>${escapeHtml(scope.title)}</strong><br>` +
      `${escapeHtml(scope.description)}</li>`,
  )
  const warning = scopes.some(({ dangerous }) => dangerous)
    ? '<p class="warn">This gives far-reaching rights. Go on only if you trust the application.</p>'
    : ''
  return page(
    title,
    `<h1>${escapeHtml(application)} asks to act for ${escapeHtml(username)}</h1>
<p class="quiet">An application of ${escapeHtml(organization)}. ${escapeHtml(description)}</p>
<ul>
${items.join('\n')}
</ul>
${warning}
<form method="post" action="/oauth/authorizeapp">
${inputs.join('\n')}
<button class="main" type="submit">Authorize</button>
<button type="submit" formaction="/oauth/denyapp">Cancel</button>
</form>`,
    `'self' ${redirectSource(consent.redirectUri)}`,
  )
}

/** Browsers hold the redirect after a form against the policy too. */
function redirectSource(redirectUri: string): string {
  const target = parseRedirectUri(redirectUri)
  if (target === undefined) return ''
  const isHost = /^https?$/.test(target.scheme) && !target.authority.startsWith('[')
  return isHost ? `${target.scheme}://${target.authority}` : `${target.scheme}:`
}
