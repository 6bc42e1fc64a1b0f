// Who plays: `?as=8`. What gives the token is a property; an attribute could be read in the page's markup.
const token = async () => {
  const answer = await fetch(`/token${location.search}`);
  if (!answer.ok) throw new Error(`the game gave no token: ${answer.status}`);
  return answer.text();
};

for (const chat of document.querySelectorAll('parley-chat')) chat.token = token;
