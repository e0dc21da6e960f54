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
  startAtLogin: 'Start at login',
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
  quitTitle: 'Quit while content is being received?',
  quitDetail: (count: number) =>
    `${count === 1 ? 'One upload is' : `${count} uploads are`} running. Quitting waits up to 25 seconds for them.`,
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
    `A link asks to add ${address}.\n\nIts certificate must have this SHA-256 fingerprint:\n${fingerprint}`,
  connectNoFingerprint:
    'The link does not say which certificate the server has, so it cannot be added. Ask for a link with a fingerprint.',
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
  startAtLogin: 'ログイン時に起動',
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
  quitTitle: '受信中ですが終了しますか?',
  quitDetail: (count) => `アップロードが ${count} 件あります。終了前に最大 25 秒待ちます。`,
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
    `リンクが ${address} の追加を求めています。\n\n証明書の SHA-256 フィンガープリント:\n${fingerprint}`,
  connectNoFingerprint:
    'リンクに証明書の指定がないため追加できません。フィンガープリント付きのリンクを入手してください。',
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
  unexpectedTitle: 'Mooring を終了します',
  forbiddenSwitch: (name) => `mooring: --${name} は保護を弱めるため使えません。`,
}

export type { Texts }

/** @param language of the desktop session, such as `ja` or `en-GB` */
export function textsFor(language: string): Texts {
  return /^ja\b/i.test(language) ? japanese : english
}
