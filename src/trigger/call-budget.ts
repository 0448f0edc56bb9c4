/** What one retry may cost of a rate that all of Gangway's clients share. */
export const mostGangwayCalls = 5;
