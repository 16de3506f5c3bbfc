/** Attributes that a map of texts may have and code easily loses; as JSON text, since a literal cannot say the third. */
export const oddAttributes =
  '{"":"no name","no value":"","__proto__":"p","constructor":"c","a.b":"dotted","$set":"dollar"}';
