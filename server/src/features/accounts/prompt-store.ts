export type PromptKind = 'confirm_username' | 'enter_name' | 'enter_company'

/** What a person is still asked for in the interface. */
export interface UserPromptTable {
  user_id: number
  kind: PromptKind
}
