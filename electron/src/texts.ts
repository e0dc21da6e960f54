const english = {
  stateRunning: (address: string) => `Running — ${address}`,
  stateSetup: 'Waiting for setup',
  stateStarting: 'Starting…',
  stateStopping: 'Stopping…',
  stateStopped: 'Stopped',
  stateWaiting: 'Ended unexpectedly, starting again…',
  uploads: (count: number) => (count === 1 ? '1 upload running' : `${count} uploads running`),
  certificateDays: (days: number) =>
    days < 0 ? 'Certificate: expired' : `Certificate: ${days} ${days === 1 ? 'day' : 'days'}`,
  open: 'Open Mooring',
  copyAddress: 'Copy address',
  copyLogin: 'Copy login command',
  start: 'Start service',
  stop: 'Stop service',
  restart: 'Restart service',
  logs: 'Logs',
  preferences: 'Preferences',
  startAtLogin: 'Start at login',
  language: 'Language',
  languages: { desktop: 'As the desktop', en: 'English', ja: '日本語' },
  notifications: 'Notifications',
  notificationClasses: {
    job: 'Jobs that ended',
    drive: 'Drives with a bundle',
    certificate: 'Certificates',
    space: 'Disk space',
    update: 'Updates',
  },
  help: 'Help',
  quit: 'Quit',
  file: 'File',
  servers: 'Servers',
  thisComputer: 'This computer',
  cancel: 'Cancel',
  closeTitle: 'Keep the registry running?',
  closeDetail: 'Mooring can go on in the background. Its icon stays in the tray.',
  closeNoTrayDetail:
    'This desktop shows no tray icons, so the window cannot go on in the background. Quitting stops the registry.',
  keepRunning: 'Keep running',
  keepOpen: 'Keep the window open',
  quitTitle: 'Quit while something is under way?',
  quitDetail: (uploads: number, jobs: readonly string[]) =>
    [
      ...(uploads === 0
        ? []
        : [
            `${uploads === 1 ? 'One upload is' : `${uploads} uploads are`} running. Quitting waits up to 25 seconds for them.`,
          ]),
      ...jobs.map((title) => `${title} would be interrupted.`),
    ].join('\n'),
  externalTitle: 'Open this address in the browser?',
  openExternal: 'Open',
  failedTitle: 'The registry does not start',
  tryAgain: 'Try again',
  openLogs: 'Open logs',
  safeMode: 'Safe mode',
  safeModeNote:
    'Safe mode serves this computer only, and changes nothing that clients stored there.',
  connectTitle: (name: string) => `Add the server ${name}?`,
  connectDetail: (address: string, fingerprint: string) =>
    `A link asks to add ${address}.\n\nIts certificate, or the authority that signed it, must have this SHA-256 fingerprint:\n${fingerprint}`,
  connectNoFingerprint:
    'The link does not say which certificate the server has, so it cannot be added. Ask for a link with a fingerprint.',
  listNotSealed:
    'This desktop has no store of secrets. The list of servers is kept in a file that only your account can read.',
  add: 'Add',
  linkTitle: 'Open a link in Mooring?',
  linkDetail: (text: string) => `Another program asks to open:\n\n${text}`,
  trustTitle: 'Trust the CA of this registry on this computer?',
  trustDetail: (fingerprint: string) =>
    `Every program of this computer will accept certificates that this CA signs.\n\nSHA-256 ${fingerprint}`,
  trust: 'Trust',
  expiresTitle: 'The certificate expires soon',
  expiresBody: (days: number) => `${Math.max(0, days)} days are left.`,
  reloadTitle: 'The page was loaded again',
  reloadBody: 'It had stopped answering.',
  runAsService: 'Run as a service',
  serviceTitle: 'Run the registry as a service of this computer?',
  serviceDetail:
    'It then goes on when you sign out, and starts with the computer. This window only shows it. Uploads under way finish first.',
  serviceElsewhere:
    'On this system, install a service from a terminal: mooring service install. Here that works on Linux.',
  serviceNeedsProgram:
    'A service needs the mooring command on this computer, and there is none. Install Mooring with its installer, without starting it, then choose this again.',
  serviceNeedsSetup:
    'The registry has to run before it can become a service. Finish its setup first.',
  serviceFailed: 'The service could not be changed',
  runHere: 'No longer run as a service',
  runHereTitle: 'Run the registry within this program again?',
  runHereDetail: 'The service is removed. The registry then stops when this program is quit.',
  unexpectedTitle: 'Mooring has to end',
  forbiddenSwitch: (name: string) =>
    `mooring: --${name} would weaken what this program protects; start it without.`,
}

type Texts = typeof english

const japanese: Texts = {
  stateRunning: (address) => `稼働中 — ${address}`,
  stateSetup: 'セットアップ待ち',
  stateStarting: '起動中…',
  stateStopping: '停止中…',
  stateStopped: '停止',
  stateWaiting: '予期せず終了しました。再起動します…',
  uploads: (count) => `アップロード ${count} 件`,
  certificateDays: (days) => (days < 0 ? '証明書: 期限切れ' : `証明書: 残り ${days} 日`),
  open: 'Mooring を開く',
  copyAddress: 'アドレスをコピー',
  copyLogin: 'ログインコマンドをコピー',
  start: 'サービスを開始',
  stop: 'サービスを停止',
  restart: 'サービスを再起動',
  logs: 'ログ',
  preferences: '設定',
  startAtLogin: 'ログイン時に起動',
  language: '言語',
  languages: { desktop: 'デスクトップと同じ', en: 'English', ja: '日本語' },
  notifications: '通知',
  notificationClasses: {
    job: 'ジョブの完了',
    drive: 'バンドルのあるドライブ',
    certificate: '証明書',
    space: 'ディスク容量',
    update: '更新',
  },
  help: 'ヘルプ',
  quit: '終了',
  file: 'ファイル',
  servers: 'サーバー',
  thisComputer: 'このコンピューター',
  cancel: 'キャンセル',
  closeTitle: 'レジストリを動かし続けますか?',
  closeDetail: 'Mooring はバックグラウンドで動き続けます。アイコンはトレイに残ります。',
  closeNoTrayDetail:
    'このデスクトップにはトレイがないため、バックグラウンドでは動きません。終了するとレジストリも停止します。',
  keepRunning: '動かし続ける',
  keepOpen: 'ウィンドウを開いたままにする',
  quitTitle: '処理中ですが終了しますか?',
  quitDetail: (uploads, jobs) =>
    [
      ...(uploads === 0
        ? []
        : [`アップロードが ${uploads} 件あります。終了前に最大 25 秒待ちます。`]),
      ...jobs.map((title) => `「${title}」は中断されます。`),
    ].join('\n'),
  externalTitle: 'このアドレスをブラウザーで開きますか?',
  openExternal: '開く',
  failedTitle: 'レジストリを起動できません',
  tryAgain: '再試行',
  openLogs: 'ログを開く',
  safeMode: 'セーフモード',
  safeModeNote:
    'セーフモードはこのコンピューターだけに応答し、クライアントが保存した内容を変更しません。',
  connectTitle: (name) => `サーバー ${name} を追加しますか?`,
  connectDetail: (address, fingerprint) =>
    `リンクが ${address} の追加を求めています。\n\n証明書、またはそれに署名した CA の SHA-256 フィンガープリント:\n${fingerprint}`,
  connectNoFingerprint:
    'リンクに証明書の指定がないため追加できません。フィンガープリント付きのリンクを入手してください。',
  listNotSealed:
    'このデスクトップには秘密情報の保管庫がありません。サーバーの一覧は、あなたのアカウントだけが読めるファイルに保存されます。',
  add: '追加',
  linkTitle: 'Mooring でリンクを開きますか?',
  linkDetail: (text) => `ほかのプログラムが次を開こうとしています:\n\n${text}`,
  trustTitle: 'このコンピューターでレジストリの CA を信頼しますか?',
  trustDetail: (fingerprint) =>
    `このコンピューターのすべてのプログラムが、この CA の署名した証明書を受け入れます。\n\nSHA-256 ${fingerprint}`,
  trust: '信頼する',
  expiresTitle: '証明書の期限が近づいています',
  expiresBody: (days) => `残り ${Math.max(0, days)} 日です。`,
  reloadTitle: 'ページを再読み込みしました',
  reloadBody: '応答がありませんでした。',
  runAsService: 'サービスとして動かす',
  serviceTitle: 'レジストリをこのコンピューターのサービスとして動かしますか?',
  serviceDetail:
    'サインアウトしても動き続け、コンピューターと一緒に起動します。このウィンドウは表示だけを行います。進行中のアップロードは先に完了します。',
  serviceElsewhere:
    'このシステムでは端末から mooring service install を実行してください。この画面からの操作は Linux で使えます。',
  serviceNeedsProgram:
    'サービスには mooring コマンドが必要ですが、見つかりません。インストーラーで Mooring を起動せずに導入してから、もう一度選んでください。',
  serviceNeedsSetup:
    'サービスにする前にレジストリが動いている必要があります。先にセットアップを完了してください。',
  serviceFailed: 'サービスを変更できませんでした',
  runHere: 'サービスとして動かすのをやめる',
  runHereTitle: 'レジストリを再びこのプログラムの中で動かしますか?',
  runHereDetail: 'サービスは削除されます。以後、このプログラムを終了するとレジストリも停止します。',
  unexpectedTitle: 'Mooring を終了します',
  forbiddenSwitch: (name) => `mooring: --${name} は保護を弱めるため使えません。`,
}

export type { Texts }

/** @param language of the desktop session, such as `ja` or `en-GB` */
export function textsFor(language: string): Texts {
  return /^ja\b/i.test(language) ? japanese : english
}

/** The same object for everybody who shows texts, so that a change of language reaches them all. */
export function createLiveTexts(language: string): { texts: Texts; use(language: string): void } {
  const texts = { ...textsFor(language) }
  return {
    texts,
    use(next) {
      Object.assign(texts, textsFor(next))
    },
  }
}
