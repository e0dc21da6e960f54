/** What the types of the API's errors mean (api-shapes, 1.2). */
export const errorDescriptions: ReadonlyMap<string, string> = new Map([
  ['invalid_request', 'Something in the request is missing or wrong.'],
  ['invalid_response', 'What was asked for cannot be given in this form.'],
  ['invalid_token', 'The call needs a login, and brought none that is valid.'],
  ['expired_token', 'The token of the call is no longer valid.'],
  ['fresh_login_required', 'The call needs a password that was entered a short while ago.'],
  ['exceeds_license', 'The call asks for more than the account may have.'],
  ['insufficient_scope', 'The caller, or the scope of its token, does not allow the call.'],
  ['not_found', 'What the call is about is not there.'],
  ['tag_immutable', 'The tag is immutable: it can be neither moved nor deleted.'],
  ['token_rotation_failed', 'The token could not be replaced by a new one.'],
  ['external_service_timeout', 'Another service that the call depends on did not answer in time.'],
  ['downstream_issue', 'Another service that the call depends on could not do its part.'],
])
