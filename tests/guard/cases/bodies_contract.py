"""Operations that take bodies of every media type, without credentials, and answer 204."""

from __future__ import annotations

_THING = '{type: object, additionalProperties: false, required: [name], properties: {name: {type: string, maxLength: 10}, size: {type: integer}, tags: {type: array, items: {type: string, maxLength: 4}}}}'  # fmt: skip
_FORM = (
    "{type: object, additionalProperties: false, required: [name], properties: {name: {type: string, maxLength: 10}, size: {type: integer, maximum: 9},"
    " price: {type: number}, fresh: {type: boolean}, kind: {enum: [a, b]}, tags: {type: array, maxItems: 3, items: {type: string}},"
    " sizes: {type: array, items: {type: integer}}, bars: {type: array, items: {type: integer}}, place: {type: object, additionalProperties: false,"
    " properties: {x: {type: integer}, y: {type: integer}}}, where: {type: object, additionalProperties: false, properties: {x: {type: integer}}}}}"
)
_UPLOAD = (
    "{type: object, additionalProperties: false, required: [name], properties: {name: {type: string, maxLength: 10}, size: {type: integer},"
    " tags: {type: array, items: {type: string, maxLength: 4}}, place: {type: object, additionalProperties: false, properties: {x: {type: integer}}},"
    " photo: {type: string, format: binary, maxLength: 8}, notes: {type: array, maxItems: 2, items: {type: string, format: binary}},"
    " label: {type: string}, coded: {type: string, contentEncoding: base64}}}"
)
_ORDER = (
    "{type: object, additionalProperties: false, required: [name], xml: {name: order, namespace: 'urn:shop'}, properties: {"
    "id: {type: integer, xml: {attribute: true}}, name: {type: string, maxLength: 10, xml: {namespace: 'urn:shop'}}, fresh: {type: boolean},"
    " tags: {type: array, maxItems: 2, items: {type: string}}, lines: {type: array, xml: {wrapped: true}, items: {type: object, xml: {name: line},"
    " additionalProperties: false, required: [price], properties: {price: {type: number}}}}}}"
)
_OWNED = (
    "{type: object, additionalProperties: false, required: [id, name], properties: {id: {type: integer, readOnly: true}, name: {type: string}, pin: {type: string, writeOnly: true},"
    " parts: {type: array, items: {type: object, additionalProperties: false, required: [n], properties: {id: {type: integer, readOnly: true}, n: {type: integer}}}}}}"
)
PATHS = f"""\
  /bodies/headers:
    get:
      security: []
      responses:
        "200":
          description: listed
          headers:
            X-Count: {{required: true, schema: {{type: integer, minimum: 0}}}}
            X-Tags: {{schema: {{type: array, maxItems: 2, items: {{enum: [a, b]}}}}}}
            X-Page: {{schema: {{type: object, additionalProperties: false, properties: {{first: {{type: integer}}}}}}}}
            X-Meta: {{content: {{application/json: {{schema: {{type: object, required: [a]}}}}}}}}
            Set-Cookie: {{schema: {{type: integer}}}}
            Content-Type: {{schema: {{enum: [text/html]}}}}
            Date: {{required: true, schema: {{type: integer}}}}
          content: {{application/json: {{schema: {{type: array}}}}}}
  /bodies/json:
    post:
      security: []
      requestBody: {{required: true, content: {{application/json: {{schema: {_THING}}}}}}}
      responses: {{"204": {{description: taken}}}}
  /bodies/merge:
    patch:
      security: []
      requestBody: {{required: true, content: {{application/merge-patch+json: {{schema: {{type: object, additionalProperties: false, properties: {{name: {{type: [string, "null"]}}}}}}}},
        application/json-patch+json: {{schema: {{type: array, items: {{type: object, required: [op, path], properties: {{op: {{enum: [add, remove]}}}}}}}}}}}}}}
      responses: {{"204": {{description: taken}}}}
  /bodies/owned:
    post:
      security: []
      requestBody: {{required: true, content: {{application/json: {{schema: {_OWNED}}}}}}}
      responses:
        "200": {{description: made, content: {{application/json: {{schema: {_OWNED}}}}}}}
        "204": {{description: taken}}
  /bodies/shaped:
    post:
      security: [{{bearer: []}}]
      requestBody: {{required: true, content: {{application/json: {{schema: {_THING}}}}}}}
      responses:
        "204": {{description: taken}}
        4XX: {{description: no, content: {{application/json: {{schema: {{type: object, additionalProperties: false, required: [error],
          properties: {{error: {{type: object, additionalProperties: false, required: [code, message], properties: {{code: {{type: integer}}, message: {{type: string}}}}}}}}}}}}}}}}
  /bodies/answers:
    get:
      security: []
      responses:
        "200":
          description: in many ways
          content:
            application/xml: {{schema: {_ORDER}}}
            text/plain: {{schema: {{type: string, maxLength: 5}}}}
            text/html: {{schema: {{type: string}}}}
            application/rss+xml: {{schema: {{type: string}}}}
            application/x-www-form-urlencoded: {{schema: {{type: object, required: [a], properties: {{a: {{type: integer}}}}}}}}
  /bodies/any:
    post:
      security: []
      requestBody: {{required: true, content: {{"*/*": {{schema: {_THING}}}}}}}
      responses: {{"204": {{description: taken}}}}
  /bodies/application:
    post:
      security: []
      requestBody: {{content: {{application/*: {{schema: {_THING}}}}}}}
      responses: {{"204": {{description: taken}}}}
  /bodies/free:
    post:
      security: []
      requestBody: {{content: {{"*/*": {{}}}}}}
      responses: {{"204": {{description: taken}}}}
  /bodies/text:
    post:
      security: []
      requestBody: {{required: true, content: {{text/plain: {{schema: {{type: string, maxLength: 8, pattern: "^[a-zé ]*$"}}}}}}}}
      responses: {{"204": {{description: taken}}}}
  /bodies/number:
    post:
      security: []
      requestBody: {{required: true, content: {{text/plain: {{schema: {{type: integer, minimum: 3}}}}}}}}
      responses: {{"204": {{description: taken}}}}
  /bodies/octets:
    post:
      security: []
      requestBody: {{required: true, content: {{application/octet-stream: {{schema: {{type: string, format: binary, minLength: 2, maxLength: 4}}}},
        image/png: {{schema: {{type: string, contentEncoding: base64, maxLength: 8}}}}, application/x-protobuf: {{schema: {{type: object}}}}}}}}
      responses: {{"204": {{description: taken}}}}
  /bodies/lines:
    post:
      security: []
      requestBody: {{required: true, content: {{application/jsonl: {{schema: {_THING}}}, application/x-ndjson: {{itemSchema: {_THING}}},
        application/json-seq: {{schema: {{type: array, maxItems: 2, items: {_THING}}}}},
        text/event-stream: {{itemSchema: {{type: object, required: [data], properties: {{data: {{type: string, maxLength: 4}}, retry: {{type: integer}}}}}}}}}}}}
      responses: {{"204": {{description: taken}}}}
  /bodies/xml:
    post:
      security: []
      requestBody: {{required: true, content: {{application/xml: {{schema: {_ORDER}}}, application/soap+xml: {{schema: {_ORDER}}}}}}}
      responses: {{"204": {{description: taken}}}}
  /bodies/upload:
    post:
      security: []
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema: {_UPLOAD}
            encoding: {{photo: {{contentType: "image/png, image/jpeg"}}, label: {{contentType: text/plain, headers: {{X-Lang: {{required: true, schema: {{type: string}}}}}}}}}}
      responses: {{"204": {{description: taken}}}}
  /bodies/form:
    post:
      security: []
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema: {_FORM}
            encoding: {{sizes: {{style: form, explode: false}}, bars: {{style: pipeDelimited, explode: false}}, where: {{style: deepObject, explode: true}}}}
      responses: {{"204": {{description: taken}}}}
"""
