/** Every bound of the module in one place: the unit is in the name, the reason beside it. */

/** Containers open at once in a JSON document; real requests stay under 30. */
export const jsonDepthMax: u32 = 512;
