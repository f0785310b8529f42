import express from "express";
import session from "express-session";

const app = express();
app.set("trust proxy", 1);
app.use(express.json({ limit: "100kb" }));
app.use(session({ secret: process.env.SESSION_SECRET, resave: false, saveUninitialized: false, cookie: { secure: true } }));
app.get("/api/entries", (request, response) => response.json([]));
app.listen(4000);
