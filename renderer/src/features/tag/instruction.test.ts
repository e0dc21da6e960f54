import { expect, it } from 'vitest'
import { parseInstruction } from './instruction.ts'

it.each([
  ['/bin/sh -c #(nop)  CMD ["/bin/sh"]', 'CMD', '["/bin/sh"]'],
  ['/bin/sh -c #(nop) ADD file:ab in / ', 'ADD', 'file:ab in /'],
  ['/bin/sh -c apk add curl', 'RUN', 'apk add curl'],
  ['RUN /bin/sh -c apk add curl # buildkit', 'RUN', 'apk add curl'],
  ['RUN |1 A=b /bin/sh -c make # buildkit', 'RUN', 'make'],
  ['COPY /a /b # buildkit', 'COPY', '/a /b'],
  ['ENV A=b', 'ENV', 'A=b'],
  ['bazel build ...', undefined, 'bazel build ...'],
  ['running late', undefined, 'running late'],
])('reads %j', (command, word, text) => {
  expect(parseInstruction(command)).toEqual({ word, text })
})
