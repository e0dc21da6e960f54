/** What a browser finds at the door of the config editor: where its calls are. */
export const editorPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mooring configuration</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}</style>
<h1>Configuration</h1>
<p>This address serves the configuration to programs. Log in as <code>quayconfig</code>, with the
password that the editor was started with.</p>
<ul>
<li><code>GET /api/v1/config</code>: the configuration</li>
<li><code>POST /api/v1/config/validate</code>: what is wrong with one</li>
<li><code>POST /api/v1/config/bundle</code>: one as quay-config.tar.gz</li>
<li><code>POST /api/v1/config/deploy</code>: puts one in place</li>
</ul>
<p>The same settings are on the pages of the running registry, for superusers.</p>
</html>
`
