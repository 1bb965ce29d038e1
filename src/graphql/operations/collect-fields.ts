import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  isAbstractType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql'

interface Selected {
  schema: GraphQLSchema
  fragments: Readonly<Record<string, FragmentDefinitionNode>>
  variableValues: Readonly<Record<string, unknown>>
}

/** The fields of an object type that are selected, merged by their names in the answer, as the specification collects them. */
export function collectFields(
  { schema, fragments, variableValues }: Selected,
  type: GraphQLObjectType,
  from: readonly { selectionSet?: SelectionSetNode | undefined }[],
): Map<string, FieldNode[]> {
  const fields = new Map<string, FieldNode[]>()
  const spread = new Set<string>()
  const isSelected = (node: SelectionNode): boolean =>
    getDirectiveValues(GraphQLSkipDirective, node, variableValues)?.['if'] !== true &&
    getDirectiveValues(GraphQLIncludeDirective, node, variableValues)?.['if'] !== false
  const applies = (name: string | undefined): boolean => {
    const condition = name === undefined ? type : schema.getType(name)
    return condition === type || (isAbstractType(condition) && schema.isSubType(condition, type))
  }
  const collect = (set: SelectionSetNode | undefined): void => {
    for (const node of set?.selections ?? []) {
      if (!isSelected(node)) continue
      if (node.kind === Kind.FIELD) {
        const key = node.alias?.value ?? node.name.value
        const merged = fields.get(key)
        if (merged) merged.push(node)
        else fields.set(key, [node])
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        if (applies(node.typeCondition?.name.value)) collect(node.selectionSet)
      } else if (!spread.has(node.name.value)) {
        spread.add(node.name.value)
        const fragment = fragments[node.name.value]
        if (fragment && applies(fragment.typeCondition.name.value)) collect(fragment.selectionSet)
      }
    }
  }
  for (const { selectionSet } of from) collect(selectionSet)
  return fields
}

/** The variables on which it depends which fields are selected. */
export function selectingVariables(document: DocumentNode): string[] {
  const names = new Set<string>()
  const note = (directive: DirectiveNode): void => {
    for (const { value } of directive.arguments ?? [])
      if (value.kind === Kind.VARIABLE) names.add(value.name.value)
  }
  visit(document, { Directive: note })
  return [...names].sort()
}
