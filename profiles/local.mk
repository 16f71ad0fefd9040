# profiles/
