export interface InvitationNames {
  readonly inviter: string
  readonly organization: string
  readonly team: string
}

/** What an invitation to a team says (logs-and-notifications, 7.8). */
export function invitationMail({ inviter, organization, team }: InvitationNames, address: string) {
  return {
    subject: 'Invitation to join team',
    text: [
      `${inviter} has invited you to join the team ${team} of the organization ${organization}.`,
      '',
      'To join the team, open this address:',
      address,
      '',
      'If you did not expect this invitation, you can ignore this message.',
      '',
    ].join('\n'),
  }
}
