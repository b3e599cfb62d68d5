/** How many sessions the fleet's page shows; the server and the browser must agree. */
export const RECENT_SESSIONS = 10
