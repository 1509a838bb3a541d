import { equalsAscii } from "../bytes/ascii";

/** Where in a list of tools a value stands, or what a container there holds. */
export const enum Place {
  /** Nothing that a model is told. */
  Unread,
  /** The list itself, of tools or of bare functions. */
  Tools,
  Functions,
  Tool,
  Function,
  FunctionName,
  FunctionDescription,
  /** The schema of a function's arguments, whose own description is not told. */
  Parameters,
  /** Members of an object by name: of the arguments, and of all below them. */
  Arguments,
  Properties,
  Schema,
  Description,
  /** `type`, alone or in a list; `enum`, `anyOf` and their kin. */
  Type,
  Types,
  Values,
  Choices,
  /** What no rule knows: its text is told as it stands. */
  Other,
  /** `response_format`, and what is in it. */
  Format,
  FormatSchema,
}

/** The place of a member's value, by the place of the object and the member's name. */
export function placeOfMember(place: Place, name: usize, bytes: u32): Place {
  switch (place) {
    case Place.Tool:
      if (equalsAscii(name, bytes, "function")) return Place.Function;
      if (equalsAscii(name, bytes, "custom")) return Place.Function;
      return equalsAscii(name, bytes, "type") ? Place.Unread : Place.Other;
    case Place.Function:
      return placeInFunction(name, bytes);
    case Place.Arguments:
    case Place.Properties:
      return Place.Schema;
    case Place.Parameters:
    case Place.Schema:
      return placeInSchema(place, name, bytes);
    case Place.Format:
      if (equalsAscii(name, bytes, "json_schema")) return Place.FormatSchema;
      return equalsAscii(name, bytes, "type") ? Place.Unread : Place.Other;
    case Place.FormatSchema:
      return equalsAscii(name, bytes, "strict") ? Place.Unread : Place.Other;
    default:
      return Place.Unread;
  }
}

function placeInFunction(name: usize, bytes: u32): Place {
  if (equalsAscii(name, bytes, "name")) return Place.FunctionName;
  if (equalsAscii(name, bytes, "description")) return Place.FunctionDescription;
  if (equalsAscii(name, bytes, "parameters")) return Place.Parameters;
  return equalsAscii(name, bytes, "strict") ? Place.Unread : Place.Other;
}

function placeInSchema(place: Place, name: usize, bytes: u32): Place {
  const isRoot = place == Place.Parameters;
  if (equalsAscii(name, bytes, "type")) return Place.Type;
  if (equalsAscii(name, bytes, "description")) return isRoot ? Place.Unread : Place.Description;
  if (equalsAscii(name, bytes, "properties")) return isRoot ? Place.Arguments : Place.Properties;
  if (equalsAscii(name, bytes, "$defs")) return Place.Properties;
  if (equalsAscii(name, bytes, "definitions")) return Place.Properties;
  if (equalsAscii(name, bytes, "items")) return Place.Schema;
  if (equalsAscii(name, bytes, "enum")) return Place.Values;
  if (equalsAscii(name, bytes, "anyOf")) return Place.Choices;
  if (equalsAscii(name, bytes, "oneOf")) return Place.Choices;
  if (equalsAscii(name, bytes, "allOf")) return Place.Choices;
  return isUntold(name, bytes) ? Place.Unread : Place.Other;
}

/** Members of a schema that leave no mark on the types that OpenAI's models are shown. */
function isUntold(name: usize, bytes: u32): bool {
  if (equalsAscii(name, bytes, "required")) return true;
  if (equalsAscii(name, bytes, "additionalProperties")) return true;
  if (equalsAscii(name, bytes, "title")) return true;
  if (equalsAscii(name, bytes, "$schema")) return true;
  return equalsAscii(name, bytes, "strict");
}

/** What a container at this place holds; `Other` where none of its kind belongs. */
export function placeOpened(place: Place, isObject: bool): Place {
  switch (place) {
    case Place.Unread:
      return Place.Unread;
    case Place.Type:
      return isObject ? Place.Other : Place.Types;
    case Place.Tools:
    case Place.Functions:
    case Place.Values:
    case Place.Choices:
      return isObject ? Place.Other : place;
    case Place.Types:
    case Place.FunctionName:
    case Place.FunctionDescription:
    case Place.Description:
      return Place.Other;
    default:
      return isObject ? place : Place.Other;
  }
}

/** The place of an element of a list at this place. */
export function placeOfElement(place: Place): Place {
  switch (place) {
    case Place.Tools:
      return Place.Tool;
    case Place.Functions:
      return Place.Function;
    case Place.Choices:
      return Place.Schema;
    case Place.Types:
    case Place.Values:
      return place;
    default:
      return Place.Unread;
  }
}
