/** What is wrong with an input: which field, and what would be right. */
export type InputProblem = {
  /** Its path inside the input, as in `version.ports[0].containerPort`. */
  readonly field: string
  readonly message: string
}
