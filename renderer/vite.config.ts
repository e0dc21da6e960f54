import { paraglideVitePlugin } from '@inlang/paraglide-js'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import tailwindcss from '@tailwindcss/vite'
import { defineConfig } from 'vite'
import { paraglide } from './paraglide.ts'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [paraglideVitePlugin(paraglide), tailwindcss(), svelte()],
  build: {
    outDir: 'dist',
    assetsDir: 'static',
    // Nothing inside the page itself: its Content-Security-Policy knows this origin alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    reportCompressedSize: false,
    // How long each plugin took is nothing for whoever starts a registry.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
})
