export interface Instruction {
  /** `RUN`, `COPY`, …; undefined where there is none to be recognized. */
  readonly word: string | undefined
  readonly text: string
}

const words =
  /^(ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)\s+/i

/** How a layer was made, as its Dockerfile may have said it. */
export function parseInstruction(command: string): Instruction {
  const text = command.replace(/\s*# buildkit$/, '').trim()
  const nothing = /^(?:\/bin\/sh -c\s+)?#\(nop\)\s+/.exec(text)
  if (nothing !== null) return split(text.slice(nothing[0].length).trim())
  const shell = /^(?:RUN\s+)?(?:\|\d+\s.*?)?\/bin\/(?:ba)?sh -c\s+/.exec(text)
  if (shell !== null) return { word: 'RUN', text: text.slice(shell[0].length).trim() }
  return split(text)
}

function split(text: string): Instruction {
  const found = words.exec(text)
  if (found === null) return { word: undefined, text }
  return { word: found[1]?.toUpperCase(), text: text.slice(found[0].length).trim() }
}
