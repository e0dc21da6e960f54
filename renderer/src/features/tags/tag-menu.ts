import type { Session } from '../../app/session.svelte.ts'
import { m } from '../../paraglide/messages.js'
import type { TagAction } from './tag-actions.svelte.ts'
import { refusals, type TagRow } from './tag-rows.ts'

/** An item of `ui/menu.svelte`. */
interface MenuItem {
  readonly label: string
  readonly onselect: () => void
  readonly isDanger?: boolean
  readonly startsGroup?: boolean
  readonly disabled?: boolean
  readonly description?: string
}

/** What can be done with one tag; what cannot says why. */
export function tagMenu(
  tag: Pick<TagRow, 'is_immutable' | 'expiration'>,
  {
    session,
    mayAdmin,
    ask,
  }: {
    session: Session
    mayAdmin: boolean
    ask: (action: TagAction) => void
  },
): readonly MenuItem[] {
  const immutableCanExpire = session.has('IMMUTABLE_TAGS_CAN_EXPIRE')
  const refused = refusals(tag, { mayAdmin, immutableCanExpire })
  const item = (action: TagAction, label: string, because?: string): MenuItem => ({
    label,
    onselect: () => {
      ask(action)
    },
    ...(because !== undefined && { disabled: true, description: because }),
  })
  const locked = refused.remove === undefined ? undefined : m.tags_because_immutable()
  return [
    item('add', m.tags_add()),
    item('labels', m.tags_labels_edit()),
    ...(session.has('CHANGE_TAG_EXPIRATION')
      ? [item('expiration', m.tags_expiration_change(), refused.expire && locked)]
      : []),
    ...(session.has('IMMUTABLE_TAGS')
      ? [
          tag.is_immutable
            ? item('unlock', m.tags_unlock(), refused.unlock && m.tags_because_admin())
            : item('lock', m.tags_lock(), refused.lock && m.tags_because_expires()),
        ]
      : []),
    { ...item('remove', m.tags_remove(), locked), isDanger: true, startsGroup: true },
    ...(session.config.config['PERMANENTLY_DELETE_TAGS'] === true
      ? [{ ...item('destroy', m.tags_destroy(), locked), isDanger: true }]
      : []),
  ]
}
