/** An element of a well-formed document, with its names resolved. */
export interface XmlElement {
  /** The namespace's URI, empty for none. */
  readonly namespace: string;
  readonly name: string;
  /** Without namespace declarations, in document order. */
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** The characters directly in the element, with references decoded; what children part is joined. */
  readonly text: string;
}

export interface XmlAttribute {
  readonly namespace: string;
  readonly name: string;
  /** As written, with the prefix. */
  readonly qualifiedName: string;
  readonly value: string;
}
