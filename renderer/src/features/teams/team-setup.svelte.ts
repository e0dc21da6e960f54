import type { Client } from '../../api/client.ts'
import type { Entity } from '../entity-search/entity.ts'
import { withRole, type RoleName, type Roles } from '../robots/roles.ts'
import { addMember, setTeamRole } from './team-calls.ts'

/** What a new team is given. What was done is crossed out, so that trying again does the rest. */
export class TeamSetup {
  #roles = $state.raw<Roles>({})
  #members = $state.raw<readonly Entity[]>([])
  readonly #client: Client
  readonly #team: { readonly orgname: string; readonly teamname: string }

  constructor(client: Client, team: { readonly orgname: string; readonly teamname: string }) {
    this.#client = client
    this.#team = team
  }

  get roles(): Roles {
    return this.#roles
  }
  get members(): readonly Entity[] {
    return this.#members
  }

  grant = (repository: string, role: RoleName | null): void => {
    this.#roles = withRole(this.#roles, repository, role)
  }

  add = (entity: Entity): void => {
    if (this.#members.some(({ name }) => name === entity.name)) return
    this.#members = [...this.#members, entity]
  }

  remove = (name: string): void => {
    this.#members = this.#members.filter((member) => member.name !== name)
  }

  /** @throws the first refusal; what went well until then is done */
  async finish(): Promise<void> {
    for (const [repository, role] of Object.entries(this.#roles)) {
      await setTeamRole(this.#client, this.#team, repository, role)
      this.grant(repository, null)
    }
    for (const { name } of this.#members) {
      await addMember(this.#client, this.#team, name)
      this.remove(name)
    }
  }
}
