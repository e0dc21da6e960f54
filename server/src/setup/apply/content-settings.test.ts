import { describe, expect, it } from 'vitest'
import type { ChosenUpstream } from '../first-content.ts'
import { contentSettings, hostsInside } from './content-settings.ts'

const upstream = (wanted: Partial<ChosenUpstream>): ChosenUpstream => ({
  ...{ name: 'one', preset: '', url: 'https://192.168.7.1:5000', username: '', password: null },
  ...{ mode: 'cache', organization: 'one', proxy: null, ca: null, verifyTls: true },
  ...{ bandwidthKiBps: null, content: [] },
  ...wanted,
})
const content = (architectures: readonly string[]) => ({
  ...{ repository: 'app', tags: ['*'], newest: null, architectures, everyHours: 24 },
})

const network = { outbound: { kind: 'direct' } } as const

describe('settings for the content of others', () => {
  it('are none where a site is disconnected, whatever was typed before', () => {
    const mirrors = { mode: 'disconnected', upstreams: [upstream({})] } as const
    expect(contentSettings({ mirrors, network }, [])).toEqual({})
  })

  it('switch on what is needed, and hold a host to its lowest limit', () => {
    const upstreams = [
      upstream({ bandwidthKiBps: 500 }),
      upstream({ bandwidthKiBps: 200, mode: 'schedule', content: [content(['amd64'])] }),
    ]
    const both = { mirrors: { mode: 'both', upstreams }, network } as const
    expect(contentSettings(both, ['192.168.7.1'])).toEqual({
      FEATURE_REPO_MIRROR: true,
      FEATURE_PROXY_CACHE: true,
      FEATURE_SPARSE_INDEX: true,
      MOORING_UPSTREAM_BANDWIDTH: { hosts: { '192.168.7.1:5000': '200KiB/s' } },
      SSRF_ALLOWED_HOSTS: ['192.168.7.1'],
    })
    const mirrors = { mode: 'connected', upstreams: [upstream({})] } as const
    expect(contentSettings({ mirrors, network }, [])).not.toHaveProperty('SSRF_ALLOWED_HOSTS')
  })

  it('send everything through the proxy of the site', () => {
    const httpsProxy = 'http://proxy.example:3128'
    const noProxy = ['.example', '10.0.0.1']
    const outbound = { kind: 'proxy', httpProxy: null, httpsProxy, noProxy } as const
    const mirrors = { mode: 'connected', upstreams: [upstream({})] } as const
    const settings = contentSettings({ mirrors, network: { outbound } }, [])
    expect(settings).toMatchObject({ HTTPS_PROXY: httpsProxy, NO_PROXY: '.example,10.0.0.1' })
    expect(settings).not.toHaveProperty('HTTP_PROXY')
  })

  it('name the hosts of the own network, proxies among them, and no other', async () => {
    const upstreams = [
      upstream({}),
      upstream({ url: 'https://[fd00::7]' }),
      upstream({ url: 'https://8.8.8.8', proxy: 'http://10.1.1.1:3128' }),
    ]
    const httpsProxy = 'http://10.2.2.2:80'
    const network = {
      outbound: { kind: 'proxy', httpProxy: null, httpsProxy, noProxy: [] },
    } as const
    const inside = await hostsInside({ mirrors: { mode: 'connected', upstreams }, network })
    expect(inside).toEqual(['10.1.1.1', '10.2.2.2', '192.168.7.1', 'fd00::7'])
    const none = await hostsInside({ mirrors: { mode: 'disconnected', upstreams }, network })
    expect(none).toEqual([])
  })
})
