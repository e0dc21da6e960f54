import { join } from 'node:path'
import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses'
import { Arch, type AfterPackContext, type Configuration } from 'electron-builder'
import { securityPolicy } from '../src/security-policy.ts'
import type { StagedFolders } from './stage.ts'

const arch: ('x64' | 'arm64')[] = ['x64', 'arm64']

/** How the staged program becomes files that people install. Nothing is published anywhere. */
export function builderConfig(
  { app, icons }: StagedFolders,
  output: string,
  electron: { readonly version: string; readonly dist?: string },
): Configuration {
  return {
    appId: 'io.mooring.desktop',
    productName: 'Mooring',
    electronVersion: electron.version,
    ...(electron.dist === undefined ? {} : { electronDist: electron.dist }),
    directories: { app, output, buildResources: icons },
    // Packages are left out by default; the staged ones are exactly those that run.
    files: ['**/*', 'server/node_modules/**/*'],
    asar: { smartUnpack: false },
    asarUnpack: ['**/*.node'],
    npmRebuild: false,
    nodeGypRebuild: false,
    publish: null,
    forceCodeSigning: false,
    protocols: [{ name: 'Mooring', schemes: [securityPolicy.deepLink.scheme] }],
    fileAssociations: [{ ext: 'mooring.tar', name: 'Mooring bundle', role: 'Viewer' }],
    artifactName: 'mooring-${version}-${os}-${arch}.${ext}',
    afterPack: flipPackedFuses,
    linux: {
      target: ['AppImage', 'deb', 'rpm'].map((target) => ({ target, arch })),
      icon: icons,
      category: 'System',
      executableName: 'mooring-desktop',
      synopsis: 'Container registry appliance',
      maintainer: 'Mooring',
      desktop: { entry: { StartupWMClass: 'mooring', Keywords: 'container;registry;oci;' } },
    },
    win: { target: [{ target: 'nsis', arch }], icon: join(icons, 'icon.ico') },
    nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
    mac: {
      target: [{ target: 'dmg', arch }],
      icon: join(icons, 'icon.icns'),
      category: 'public.app-category.developer-tools',
      hardenedRuntime: true,
    },
  }
}

/** Before anything is signed: the switches that nobody can turn back afterwards. */
async function flipPackedFuses({
  appOutDir,
  packager,
  electronPlatformName,
  arch: built,
}: AfterPackContext) {
  const { productFilename } = packager.appInfo
  const program = {
    darwin: `${productFilename}.app`,
    win32: `${productFilename}.exe`,
    linux: packager.config.linux?.executableName ?? productFilename,
  }[electronPlatformName]
  if (program === undefined) throw new Error(`no fuses are known for ${electronPlatformName}`)
  const fuses = Object.entries(securityPolicy.fuses).map(
    ([name, state]) => [FuseV1Options[name as keyof typeof securityPolicy.fuses], state] as const,
  )
  await flipFuses(join(appOutDir, program), {
    version: FuseVersion.V1,
    resetAdHocDarwinSignature: electronPlatformName === 'darwin' && built === Arch.arm64,
    strictlyRequireAllFuses: true,
    ...(Object.fromEntries(fuses) as Record<FuseV1Options, boolean>),
  })
}
